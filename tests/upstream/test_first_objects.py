"""The objects that a server makes of itself: those of the original are there, and as there."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from .two_servers import Asked, ask_both, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_PATHS = (
    "/apis/apiregistration.k8s.io/v1/apiservices",
    "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas",
    "/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations",
    "/apis/networking.k8s.io/v1/servicecidrs",
)
# Ours serves older versions besides.
BESIDES = {"v1beta1.resource.k8s.io", "v1beta2.resource.k8s.io"}
_OF_THE_MOMENT = ("uid", "resourceVersion", "creationTimestamp", "managedFields")
# Who makes what in the background needs a moment.
_TRIES, _PAUSE_S = 60, 0.5


def _made(body: Object) -> dict[str, Object]:
    found = {}
    for obj in body["items"]:
        meta = {key: value for key, value in obj["metadata"].items() if key not in _OF_THE_MOMENT}
        status = obj.get("status") or {}
        conditions = [
            {key: value for key, value in one.items() if key != "lastTransitionTime"}
            for one in status.get("conditions") or ()
        ]
        if meta["name"] not in BESIDES:
            # Items of the original's lists do not say what they are.
            rest = {key: value for key, value in obj.items() if key not in ("kind", "apiVersion")}
            found[meta["name"]] = {**rest, "metadata": meta, "status": {**status, "conditions": conditions}}
    return found


def _differences(theirs: dict[str, Object], mine: dict[str, Object]) -> list[str]:
    return [
        f"{name}\n    theirs {theirs.get(name)}\n    ours   {mine.get(name)}"
        for name in sorted({*theirs, *mine})
        if theirs.get(name) != mine.get(name)
    ]


async def _compare(servers: tuple[Asked, Asked]) -> list[str]:
    found: list[str] = []
    for path in _PATHS:
        for _ in range(_TRIES):
            theirs, mine = (_made(one.body) for one in await ask_both(servers, "GET", path))
            different = _differences(theirs, mine)
            if theirs and not different:
                break
            await asyncio.sleep(_PAUSE_S)
        assert theirs, path
        found += different
    return found


async def _run(directory: Path, apiserver: Path, etcd: Path) -> list[str]:
    async with both(directory, apiserver, etcd) as servers:
        return await _compare(servers)


def test_what_is_there_from_the_first_second(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_run(tmp_path, apiserver_137, etcd))
    assert not found, "\n".join(found)
