"""What Go cannot decode, in every field of every kind: a stored value of that sort stops each client of Go's that lists it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from .field_values import BEYOND, VALUES, Field, fields
from .object_kinds import path_of
from .two_servers import Answer, Asked, ask_both, both

pytestmark = pytest.mark.upstream
_AT_ONCE = 16
_Case = tuple[Field, str]


async def _asked(servers: tuple[Asked, Asked], field: Field, value: str) -> tuple[Answer, ...]:
    path = f"{path_of(field.kind)}?dryRun=All"
    return tuple(await ask_both(servers, "POST", path, field.holding(value)))  # type: ignore[arg-type]


async def _answers(servers: tuple[Asked, Asked], cases: list[_Case]) -> list[tuple[_Case, Answer, Answer]]:
    found = []
    for at in range(0, len(cases), _AT_ONCE):
        some = cases[at : at + _AT_ONCE]
        answers = await asyncio.gather(*(_asked(servers, *case) for case in some))
        found += [(case, *both) for case, both in zip(some, answers, strict=True)]
    return found


async def _differences(directory: Path, apiserver: Path, etcd: Path) -> list[str]:
    # A binding that names no node is refused by way of a failure.
    known = [field for field in fields() if field.kind.plural != "bindings"]
    cases = [(field, value) for field in known for value in VALUES[field.holds]]
    assert len(cases) > 14_000
    beyond = [(field, value) for field in known for value in BEYOND.get(field.holds, ())]
    found = []
    async with both(directory, apiserver, etcd) as servers:
        for (field, value), theirs, mine in await _answers(servers, cases):
            if theirs.code != 404 and (theirs.code == 400) != (mine.code == 400):
                said = [f"{one.code} {one.body.get('message')}" for one in (theirs, mine)]
                found.append("\n    ".join([f"{field.holds} {field.text} {value}", *said]))
        for case, theirs, mine in await _answers(servers, beyond):
            # What is beyond ours is refused, by whatever rule comes first, and never stored as something else.
            assert theirs.code in (201, 422, 404), (case, theirs)
            # A version that theirs does not serve says nothing.
            refused = 400 <= mine.code < 500
            assert refused or mine.code == theirs.code or theirs.code == 404, (case, theirs, mine)
    return found


def test_field_values(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_differences(tmp_path, apiserver_137, etcd))
    assert not found, f"{len(found)} differences\n" + "\n".join(found)
