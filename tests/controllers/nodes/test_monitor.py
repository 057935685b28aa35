"""Nodes that say nothing any more, and how fast they are emptied."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from drakkar.api.core import Node
from drakkar.api.resource import decode
from drakkar.client import EventRecorder
from drakkar.client.resources import NODES, PODS
from drakkar.controllers.machinery.controller import run_controllers
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.controllers.nodes.health import Silence, Well, driving_taint, rates, silenced
from drakkar.controllers.nodes.monitor import NodeMonitor
from drakkar.testing import MemoryApi

from ..manifests import NS, pod, ready

Object = dict[str, Any]
THEN = "2020-01-01T00:00:00Z"


@pytest.fixture
async def watched() -> AsyncIterator[MemoryApi]:
    """A server with nobody but a monitor that is soon out of patience."""
    client = MemoryApi()
    client.put_namespace(NS)
    mirrors = Mirrors(client)
    monitor = NodeMonitor(client, mirrors, EventRecorder(client, "test"), Silence(0.3, 0.3), 0.02)

    running = asyncio.create_task(run_controllers(mirrors, [monitor]))
    yield client
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await client.aclose()


def _said(status: str, heartbeat: str = THEN) -> list[Object]:
    return [{"type": "Ready", "status": status, "lastHeartbeatTime": heartbeat, "lastTransitionTime": THEN}]


async def _node(client: MemoryApi, name: str, status: str, zone: str = "z") -> None:
    labels = {"topology.kubernetes.io/zone": zone}
    body: Object = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}
    await client.create(NODES, body)
    client.set_status("nodes", name, conditions=_said(status))


def _ready(client: MemoryApi, name: str) -> str:
    conditions = client.have("nodes", name)["status"]["conditions"]
    return next(one["status"] for one in conditions if one["type"] == "Ready")


def _driven(client: MemoryApi, name: str) -> list[str]:
    taints = client.have("nodes", name)["spec"].get("taints") or []
    return [one["key"].rpartition("/")[2] for one in taints if one["effect"] == "NoExecute"]


@contextlib.asynccontextmanager
async def _speaking(client: MemoryApi, name: str) -> AsyncIterator[None]:
    """The node says that it is well, again and again."""

    async def speak() -> None:
        for number in range(10_000):
            client.set_status("nodes", name, conditions=_said("True", f"2020-01-01T00:00:00.{number:06d}Z"))
            await asyncio.sleep(0.02)

    speaking = asyncio.create_task(speak())
    yield
    speaking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await speaking


async def test_a_silent_node_is_unknown_and_emptied(watched: MemoryApi) -> None:
    await _node(watched, "well", "True")
    await _node(watched, "silent", "True", "another")
    await watched.create(PODS, pod("p", {"containers": [{"name": "c", "image": "i"}], "nodeName": "silent"}))
    watched.set_status("pods", "p", NS, **ready())
    async with _speaking(watched, "well"):
        await watched.until(lambda: _ready(watched, "silent") == "Unknown")
        await watched.until(lambda: _driven(watched, "silent") == ["unreachable"])
        assert _ready(watched, "well") == "True"
        conditions = watched.have("pods", "p", NS)["status"]["conditions"]
        assert [(one["type"], one["status"]) for one in conditions] == [("Ready", "False")]
        async with _speaking(watched, "silent"):
            await watched.until(lambda: _driven(watched, "silent") == [])
        assert _driven(watched, "well") == []


async def test_no_node_is_emptied_where_none_is_heard(watched: MemoryApi) -> None:
    await _node(watched, "one", "True")
    await _node(watched, "other", "True", "another")
    await watched.until(lambda: {_ready(watched, name) for name in ("one", "other")} == {"Unknown"})
    # A node that says itself that it is unwell shows that the monitor has looked since.
    async with _speaking(watched, "one"):
        await watched.until(lambda: _driven(watched, "other") == ["unreachable"])
    await watched.until(lambda: _driven(watched, "other") == [])
    assert _driven(watched, "one") == []


def test_what_a_kubelet_never_said_is_told_from_what_it_said_last() -> None:
    before = [*_said("True"), {"type": "Other", "status": "True"}]
    found = silenced(before, "created", "now")
    assert [(one["type"], one["status"], one.get("reason")) for one in found] == [
        ("Ready", "Unknown", "NodeStatusUnknown"),
        ("Other", "True", None),
        ("MemoryPressure", "Unknown", "NodeStatusNeverUpdated"),
        ("DiskPressure", "Unknown", "NodeStatusNeverUpdated"),
        ("PIDPressure", "Unknown", "NodeStatusNeverUpdated"),
    ]
    assert silenced(found, "created", "later") == found


@pytest.mark.parametrize(
    ("status", "key"), [("True", ""), ("False", "not-ready"), ("Unknown", "unreachable")]
)
def test_the_taint_goes_by_the_condition(status: str, key: str) -> None:
    node = decode(Node, {"metadata": {"name": "n"}, "status": {"conditions": _said(status)}})
    assert driving_taint(node).rpartition("/")[2] == key


@pytest.mark.parametrize(
    ("zone", "rate"),
    [
        (Well(10, 0), 0.1),
        (Well(1, 2), 0.1),
        (Well(4, 5), 0.0),
        (Well(5, 5), 0.1),
        (Well(20, 40), 0.01),
        (Well(0, 5), 0.1),
    ],
)
def test_a_zone_in_trouble_is_emptied_slowly_or_not_at_all(zone: Well, rate: float) -> None:
    assert rates({"zone": zone, "well": Well(1, 0)}) == {"zone": rate, "well": 0.1}


def test_nothing_is_emptied_where_nobody_is_ready() -> None:
    assert rates({"a": Well(0, 5), "b": Well(0, 1)}) is None
