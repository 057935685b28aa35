"""Objects of kinds that few people make, sent to the original and to ours: the same answers."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from .kind_cases import CASES, kind_of, made
from .object_kinds import path_of
from .two_servers import Answer, Asked, ask_both, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_DRY = "?dryRun=All"
# Go's form of a value that is many fields, which ours does not show.
_GO = re.compile(r"(?<=Invalid value: )(\{.*\}): ", re.DOTALL)
# What differs, and why.
LISTED = {
    "MutatingAdmissionPolicy, a bad variable": "the message of the compiler",
}


def _said(answer: Answer) -> Object:
    if answer.code < 400:
        return {"code": answer.code}
    causes = [[_GO.sub("", part) for part in one] for one in answer.causes]
    said: Object = {"code": answer.code, "reason": answer.reason, "causes": causes}
    return said if causes else {**said, "message": answer.body["message"]}


async def _differences(servers: tuple[Asked, Asked]) -> list[str]:
    found = []
    for name, cases in CASES.items():
        for what, change in cases.items():
            if f"{name}, {what}" in LISTED:
                continue
            path = path_of(kind_of(name)) + _DRY
            theirs, mine = map(_said, await ask_both(servers, "POST", path, made(name, change)))
            if theirs != mine:
                found.append(f"{name}, {what}\n    theirs {theirs}\n    ours   {mine}")
    return found


async def _run(directory: Path, apiserver: Path, etcd: Path) -> list[str]:
    async with both(directory, apiserver, etcd) as servers:
        return await _differences(servers)


def test_rules_of_rare_kinds(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_run(tmp_path, apiserver_137, etcd))
    assert not found, f"{len(found)} differences\n" + "\n".join(found)
