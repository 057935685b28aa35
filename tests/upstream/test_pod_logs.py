"""What is said of the log of a pod that is on no node, or of no container of it, and what of the streams of one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from .two_servers import ask_both, both, make_on_both

pytestmark = pytest.mark.upstream
_PODS = "/api/v1/namespaces/default/pods"
_ONE, _TWO = ({"name": name, "image": "i"} for name in ("a", "b"))
_FIRST = {"name": "i", "image": "i"}
_FURNITURE: dict[str, dict[str, Any]] = {
    "one": {"containers": [_ONE]},
    "two": {"initContainers": [_FIRST], "containers": [_ONE, _TWO]},
    "first": {"initContainers": [_FIRST], "containers": [_ONE]},
    "marked": {"containers": [_ONE, _TWO]},
    "away": {"nodeName": "gone", "containers": [_ONE, _TWO]},
}
_QUERIES = (
    *("", "container=", "container=a", "container=b", "container=i", "container=z", "follow=1", "previous=1"),
    *(
        "previous=x",
        "timestamps=1",
        "tailLines=-1",
        "tailLines=0",
        "tailLines=x",
        "limitBytes=0",
        "limitBytes=1",
    ),
    *("limitBytes=-1&tailLines=-2&sinceSeconds=0", "sinceSeconds=0", "sinceTime=x", "unknown=1"),
    *("sinceTime=2020-01-01T00:00:00Z&sinceSeconds=1", "sinceTime=2020-01-01T00:00:00Z&sinceSeconds=0"),
    *("insecureSkipTLSVerifyBackend=true", "container=z&tailLines=-1"),
)
_STREAMS = (
    *(
        "exec",
        "exec?command=x",
        "exec?container=a",
        "exec?container=z&command=x",
        "attach",
        "attach?container=a",
    ),
    *("attach?container=z", "portforward", "portforward?ports=x"),
)


async def _differences(directory: Path, programs: tuple[Path, Path]) -> list[str]:
    found = []
    async with both(directory, *programs) as servers:
        for name, spec in _FURNITURE.items():
            marked = {"kubectl.kubernetes.io/default-container": "b"} if name == "marked" else {}
            await make_on_both(
                servers, _PODS, {"metadata": {"name": name, "annotations": marked}, "spec": spec}
            )
        for name in (*_FURNITURE, "none"):
            for below in (*(f"log?{query}" for query in _QUERIES), *_STREAMS):
                path = f"{_PODS}/{name}/{below}"
                theirs, mine = [
                    (one.code, one.reason, one.body, dict(one.headers).get("content-type"))
                    for one in await ask_both(servers, "GET", path)
                ]
                if theirs != mine:
                    found.append(f"{path}\n    theirs {theirs}\n    ours   {mine}")
    return found


def test_logs_and_streams(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_differences(tmp_path, (apiserver_137, etcd)))
    assert not found, f"{len(found)} differences\n" + "\n".join(found)
