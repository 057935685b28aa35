"""How the parts of the control plane are said to be: both servers alike, where none of them runs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from .two_servers import Answer, Asked, ask_both, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_PATH = "/api/v1/componentstatuses"
_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
_METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
_ASKED: tuple[tuple[str, str, str], ...] = (
    ("GET", "", ""),
    ("GET", "", _TABLE),
    ("GET", "?includeObject=Object", _TABLE),
    ("GET", "", _METADATA),
    ("GET", "?limit=1", ""),
    ("GET", "?resourceVersion=x", ""),
    ("GET", "?labelSelector=a%3Db", ""),
    ("GET", "?labelSelector=%21a", ""),
    ("GET", "?limit=x", ""),
    ("GET", "?fieldSelector=metadata.name%3Dscheduler", ""),
    ("GET", "?fieldSelector=spec.x%3Dy", ""),
    ("GET", "?watch=1", ""),
    ("GET", "/scheduler", ""),
    ("GET", "/controller-manager", _TABLE),
    ("GET", "/etcd-0", ""),
    ("GET", "/etcd-1", ""),
    ("GET", "/none", ""),
    ("GET", "/scheduler/status", ""),
    ("POST", "", ""),
    ("PUT", "/scheduler", ""),
    ("DELETE", "/scheduler", ""),
    ("DELETE", "", ""),
)


def _said(answer: Answer) -> Object:
    """The items are in any order at the original, and columns are told in our own words."""
    body = dict(answer.body)
    for name in ("items", "rows"):
        if name in body:
            body[name] = sorted(body[name], key=str)
    for column in body.get("columnDefinitions") or ():
        column.pop("description")
    return {"code": answer.code, "body": body, "warnings": answer.warnings}


async def _run(directory: Path, apiserver: Path, etcd: Path) -> list[str]:
    found = []
    async with both(directory, apiserver, etcd) as servers:
        for verb, path, accept in _ASKED:
            body = {} if verb in ("POST", "PUT") else None
            theirs, mine = map(_said, await _asked(servers, verb, path, body, accept))
            if theirs != mine:
                found.append(f"{verb} {path} {accept}\n    theirs {theirs}\n    ours   {mine}")
    return found


async def _asked(servers: tuple[Asked, Asked], verb: str, path: str, body: Any, accept: str) -> list[Answer]:
    return await ask_both(servers, verb, _PATH + path, body, accept=accept)


def test_component_statuses(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_run(tmp_path, apiserver_137, etcd))
    assert not found, f"{len(found)} differences\n" + "\n".join(found)
