"""Objects with bad metadata, bad pods, and their good neighbours, sent to the original and to ours: the same answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from .object_kinds import METADATA, STORED, legal, path_of
from .pod_cases import PODS, TEMPLATES
from .two_servers import Answer, Asked, ask_both, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_DRY = "?dryRun=All"
_AT_ONCE = 8
# What the server itself writes, which is another each time.
_OWN = ("uid", "creationTimestamp", "managedFields", "resourceVersion", "name")


def _said(answer: Answer) -> Object:
    """What must be the same: the code, the reason, the causes; and the metadata of what would be stored."""
    said: Object = {"code": answer.code}
    if answer.code >= 400:
        said |= {"reason": answer.reason, "causes": [list(one) for one in answer.causes]}
        if not answer.causes:
            said["message"] = answer.body.get("message")
    else:
        meta = answer.body["metadata"]
        said["metadata"] = {key: value for key, value in meta.items() if key not in _OWN}
        said["generated"] = "generateName" in meta or meta["name"]
    return said


def _difference(what: str, answers: Iterable[Answer]) -> str:
    theirs, mine = map(_said, answers)
    return "" if theirs == mine else f"{what}\n    theirs {theirs}\n    ours   {mine}"


async def _compare(servers: tuple[Asked, Asked], cases: Iterable[tuple[str, str, Object]]) -> list[str]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(what: str, path: str, obj: Object) -> str:
        async with gate:
            return _difference(what, await ask_both(servers, "POST", path + _DRY, obj))

    found = await asyncio.gather(*(one(*case) for case in cases))
    return [said for said in found if said]


def _metadata_cases() -> Iterable[tuple[str, str, Object]]:
    for kind in STORED:
        for what, meta in METADATA.items():
            obj = legal(kind)
            yield f"{kind.kind}, {what}", path_of(kind), {**obj, "metadata": {**obj["metadata"], **meta}}


async def _run(directory: Path, programs: tuple[Path, Path], cases: list[tuple[str, str, Object]]) -> list[str]:
    async with both(directory, *programs) as servers:
        return await _compare(servers, cases)


def test_metadata_of_every_kind(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    cases = list(_metadata_cases())
    found = asyncio.run(_run(tmp_path, (apiserver_137, etcd), cases))
    assert not found, f"{len(found)} differences of {len(cases)}\n" + "\n".join(found)
