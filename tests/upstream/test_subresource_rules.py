"""What is written below requests for certificates and pods, in turn, to the original and to ours: the same answers."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from certificate_bodies import certificate, coded

from .kind_cases import kind_of
from .object_kinds import legal, path_of
from .two_servers import Answer, Asked, ask_both, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_MERGE = "application/merge-patch+json"
_APPROVED = {"type": "Approved", "status": "True", "reason": "r", "message": "m"}
_CERTIFICATE = coded(certificate().encode())
_DEBUGGER = {"name": "d", "image": "i", "targetContainerName": "c"}
_TIMES = ("lastUpdateTime", "lastTransitionTime")
# Go's form of what differs.
_DIFFERENCE = re.compile(r"(may not be changed|may not be removed)\n.*", re.DOTALL)

# What is written in turn: below what, and how.
_REQUEST: list[tuple[str, Object]] = [
    ("approval", {"conditions": [{**_APPROVED, "status": "False"}]}),
    ("approval", {"conditions": [{"status": "True"}]}),
    ("approval", {"conditions": [_APPROVED, {**_APPROVED, "type": "Denied"}]}),
    ("approval", {"conditions": [_APPROVED, _APPROVED]}),
    ("status", {"conditions": [_APPROVED]}),
    ("approval", {"conditions": [_APPROVED], "certificate": _CERTIFICATE}),
    ("approval", {"conditions": []}),
    ("status", {"conditions": []}),
    ("status", {"conditions": [{**_APPROVED, "message": "other"}]}),
    ("status", {"conditions": [_APPROVED, {"type": "Failed", "status": "True"}]}),
    ("status", {"conditions": [_APPROVED, {"type": "X", "status": "Unknown"}]}),
    ("status", {"certificate": coded(b"x")}),
    ("status", {"certificate": _CERTIFICATE}),
    ("status", {"certificate": coded(certificate(hours=1).encode())}),
    ("status", {"certificate": None}),
    ("approval", {"conditions": [_APPROVED, {**_APPROVED, "type": "Denied"}]}),
    ("", {"certificate": None, "conditions": []}),
]
_EPHEMERAL: list[Any] = [
    [{**_DEBUGGER, "targetContainerName": "x"}],
    [{**_DEBUGGER, "name": "c"}],
    [{**_DEBUGGER, "ports": [{"containerPort": 80}]}],
    [{**_DEBUGGER, "resources": {"requests": {"cpu": "1"}}}],
    [{**_DEBUGGER, "livenessProbe": {"exec": {"command": ["x"]}}}],
    [{"name": "", "image": ""}],
    [_DEBUGGER],
    [{**_DEBUGGER, "image": "j"}],
    [],
    [_DEBUGGER, {**_DEBUGGER, "name": "e"}],
]


def _said(answer: Answer) -> Object:
    if answer.code >= 400:
        causes = [[_DIFFERENCE.sub(r"\1", part) for part in one] for one in answer.causes]
        return {"code": answer.code, "causes": causes}
    status = {
        "certificate": (answer.body.get("status") or {}).get("certificate"),
        "conditions": [
            {key: value for key, value in one.items() if key not in _TIMES and value}
            for one in (answer.body.get("status") or {}).get("conditions") or ()
            if one["type"] != "PodScheduled"
        ],
    }
    ephemeral = [
        {key: value for key, value in one.items() if value}
        for one in answer.body["spec"].get("ephemeralContainers") or ()
    ]
    meta = answer.body["metadata"]
    told = {"labels": meta.get("labels"), "generation": meta.get("generation")}
    return {"code": answer.code, "status": status, "ephemeral": ephemeral, **told}


async def _compare(servers: tuple[Asked, Asked]) -> list[str]:
    found = []
    requests, pods = kind_of("CertificateSigningRequest"), kind_of("Pod")
    turns: list[tuple[str, Object]] = []
    for kind in (requests, pods):
        made = await ask_both(servers, "POST", path_of(kind), legal(kind))
        assert [one.code for one in made] == [201, 201], made
    for at, (sub, status) in enumerate(_REQUEST):
        path = f"{path_of(requests)}/some-name" + (f"/{sub}" if sub else "")
        turns.append((path, {"status": status, "metadata": {"labels": {"turn": str(at)}}}))
    for containers in _EPHEMERAL:
        change = {"spec": {"ephemeralContainers": containers}, "metadata": {"labels": {"a": "b"}}}
        turns.append((f"{path_of(pods)}/some-name/ephemeralcontainers", change))
    for at, (path, change) in enumerate(turns):
        theirs, mine = map(_said, await ask_both(servers, "PATCH", path, change, _MERGE))
        if theirs != mine:
            found.append(f"{at} {path} {str(change)[:200]}\n    theirs {theirs}\n    ours   {mine}")
    return found


async def _run(directory: Path, apiserver: Path, etcd: Path) -> list[str]:
    async with both(directory, apiserver, etcd) as servers:
        return await _compare(servers)


def test_what_is_written_below_objects(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_run(tmp_path, apiserver_137, etcd))
    assert not found, f"{len(found)} differences\n" + "\n".join(found)
