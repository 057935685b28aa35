"""Writes in which the order of the steps shows: what is filled in before what is looked at, who owns what is filled in."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from .two_servers import Answer, Asked, ask_both, both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_SERVICES = "/api/v1/namespaces/default/services"


def _service(name: str, **spec: Any) -> Object:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


_GOOD, _BAD = [{"port": 80}], [{"port": 0, "targetPort": 80}]
_STEPS: tuple[tuple[str, str, str, Object], ...] = (
    ("an address that is not to be had, and no port", "POST", _SERVICES, _service("a", clusterIP="1.2.3.4")),
    (
        "an address that is not to be had, and a bad port",
        "POST",
        _SERVICES,
        _service("a", clusterIP="1.2.3.4", ports=_BAD),
    ),
    ("a bad port", "POST", _SERVICES, _service("a", ports=_BAD)),
    ("a good one", "POST", _SERVICES, _service("a", ports=_GOOD)),
    ("the same again", "PUT", f"{_SERVICES}/a", _service("a", ports=_GOOD)),
    ("without an address, with a bad port", "PUT", f"{_SERVICES}/a", _service("a", ports=_BAD)),
    ("a selector", "PUT", f"{_SERVICES}/a", _service("a", ports=_GOOD, selector={"a": "b"})),
    ("one that asks for its address", "POST", _SERVICES, _service("b", clusterIP="10.96.0.77", ports=_GOOD)),
    ("it again without the address", "PUT", f"{_SERVICES}/b", _service("b", ports=_GOOD)),
    ("it with another address", "PUT", f"{_SERVICES}/b", _service("b", clusterIP="10.96.0.78", ports=_GOOD)),
    (
        "it with another address and a bad port",
        "PUT",
        f"{_SERVICES}/b",
        _service("b", clusterIP="10.96.0.78", ports=_BAD),
    ),
)


def _said(answer: Answer) -> Object:
    """The code, the fields to blame, and who owns what."""
    if answer.code >= 400:
        return {"code": answer.code, "fields": sorted({field for _, field, _ in answer.causes})}
    owners = answer.body["metadata"].get("managedFields") or []
    return {"code": answer.code, "owned": [(one["operation"], one["fieldsV1"]) for one in owners]}


async def _differences(directory: Path, programs: tuple[Path, Path]) -> list[str]:
    found = []
    async with both(directory, *programs) as servers:
        for what, verb, path, obj in _STEPS:
            theirs, mine = map(_said, await _asked(servers, verb, path, obj))
            if theirs != mine:
                found.append(f"{what}\n    theirs {theirs}\n    ours   {mine}")
    return found


async def _asked(servers: tuple[Asked, Asked], verb: str, path: str, obj: Object) -> list[Answer]:
    return await ask_both(servers, verb, path, obj)


def test_the_order_of_writes(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_differences(tmp_path, (apiserver_137, etcd)))
    assert not found, "\n".join(found)
