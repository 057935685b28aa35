"""Objects of many kinds, new and changed, with one thing in them that may be wrong: what the original says of each is what
ours says.

What the original said is kept beside this file, for the tests of `apiserver/kinds` that have no original; with
DRAKKAR_RECORD=1 this test writes it anew.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from .object_answers import Change, Creation, Object, answered, key, record, recorded, said
from .rule_cases import CASES, DIFFERENT, differs
from .two_servers import Asked, both

pytestmark = pytest.mark.upstream
_AT_ONCE = 8


async def _asked(servers: Sequence[Asked], case: Creation | Change) -> tuple[Object, Object]:
    theirs, mine = await asyncio.gather(*(answered(one, case) for one in servers))
    return said(theirs), said(mine)


async def _compared(directory: Path, programs: tuple[Path, Path]) -> dict[str, tuple[Object, Object]]:
    gate = asyncio.Semaphore(_AT_ONCE)
    async with both(directory, *programs) as servers:

        async def one(case: Creation | Change) -> tuple[Object, Object]:
            async with gate:
                return await _asked(servers, case)

        found = await asyncio.gather(*map(one, CASES))
    return dict(zip(map(key, CASES), found, strict=True))


def test_objects_as_they_are_created_and_changed(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_compared(tmp_path, (apiserver_137, etcd)))
    assert len(found) == len(CASES), "two cases are one"
    original = {name: theirs for name, (theirs, _) in found.items()}
    if os.environ.get("DRAKKAR_RECORD"):
        record(original)
    same = {name.rsplit(" #", 1)[0] for name, (theirs, mine) in found.items() if theirs == mine}
    assert not same & DIFFERENT.keys(), "said to differ, and does not"
    wrong = [
        f"{name}\n  theirs {one}\n  ours   {two}"
        for name, (one, two) in found.items()
        if one != two and not differs(name)
    ]
    assert not wrong, f"{len(wrong)} differences of {len(CASES)}\n" + "\n".join(wrong)
    assert recorded() == original, "what is kept of the original is old"
