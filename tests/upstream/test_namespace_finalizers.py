"""What a write of a namespace's finalizers makes of the rest of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .two_servers import Answer, ask_both, both, make_on_both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_PATH = "/api/v1/namespaces/held"
_OWNED = {"uid", "resourceVersion", "creationTimestamp", "managedFields"}
_OWNER = {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u"}


def _sent() -> Iterator[Object]:
    yield {"labels": {"a": "c", "n": "o"}, "annotations": {"q": "r"}, "finalizers": ["e.io/x"]}
    yield {"ownerReferences": [_OWNER], "generation": 7}
    yield {}
    yield {"labels": {"a b": "c"}}
    yield {"labels": {"kubernetes.io/metadata.name": "other"}}
    yield {"labels": {"pod-security.kubernetes.io/enforce": "nonsense"}}
    yield {"annotations": {"a b": "c"}}
    yield {"finalizers": ["x y"]}
    yield {"resourceVersion": "1"}
    yield {"name": "other"}


def _told(answer: Answer) -> Any:
    body = answer.body
    if "metadata" in body and answer.code == 200:
        body = {**body, "metadata": {k: v for k, v in body["metadata"].items() if k not in _OWNED}}
        owners = sorted(
            (one["manager"], one.get("subresource", ""), str(sorted(one["fieldsV1"]["f:metadata"])))
            for one in answer.body["metadata"]["managedFields"]
            if "f:metadata" in one["fieldsV1"]
        )
        return answer.code, body, owners
    return answer.code, answer.causes, body.get("message")


async def _differences(directory: Path, programs: tuple[Path, Path]) -> list[str]:
    found = []
    async with both(directory, *programs) as servers:
        await make_on_both(
            servers, "/api/v1/namespaces", {"metadata": {"name": "held", "labels": {"a": "b"}}}
        )
        for meta in _sent():
            for held in (["kubernetes", "e.io/s"], ["kubernetes"]):
                obj = {
                    "metadata": {"name": "held", **meta},
                    "spec": {"finalizers": held},
                    "status": {"phase": "x"},
                }
                written = await ask_both(servers, "PUT", f"{_PATH}/finalize", obj)
                read = await ask_both(servers, "GET", _PATH)
                theirs, mine = [[_told(a), _told(b)] for a, b in zip(written, read, strict=True)]
                if theirs != mine:
                    found.append(f"{obj}\n    theirs {theirs}\n    ours   {mine}")
    return found


def test_finalizers(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_differences(tmp_path, (apiserver_137, etcd)))
    assert not found, f"{len(found)} differences\n" + "\n".join(found)
