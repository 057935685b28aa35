"""Who has to go for whom is what kube-scheduler 1.37.2 says, and so is what is told of it: the same scenes are told to both."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from drakkar.client import Client
from drakkar.client.resources import (
    DEVICECLASSES,
    EVENTS,
    NODES,
    PODDISRUPTIONBUDGETS,
    PODS,
    PRIORITYCLASSES,
    RESOURCECLAIMS,
    RESOURCESLICES,
    SERVICEACCOUNTS,
)
from drakkar.scheduler.run import run

from .control_plane import ControlPlane
from .controllers_beside import differences, settled
from .preemption_scenes import Scene, device_class, priority_classes
from .schedulers_beside import kube_scheduler

pytestmark = pytest.mark.upstream

Object = dict[str, Any]
SCENES = 24
WAITS = "preemption: not eligible due to a terminating pod on the nominated node."
_PATIENCE_S = 120.0


async def tell(client: Client, scenes: list[Scene]) -> None:
    """Make all of it; nobody schedules yet."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    await client.create(SERVICEACCOUNTS, account, "default")
    await client.create(DEVICECLASSES, device_class())
    for one in priority_classes():
        await client.create(PRIORITYCLASSES, one)
    for scene in scenes:
        for node in scene.nodes:
            name = node["metadata"]["name"]
            await client.create(NODES, node)
            # A new node is tainted until somebody says that it is well, which is nobody's work here.
            await client.patch(NODES, name, {"spec": {"taints": node["spec"].get("taints")}})
            await client.update(NODES, {**node, **await client.get(NODES, name)}, "status")
        for slice_ in scene.slices:
            await client.create(RESOURCESLICES, slice_)
        for budget in scene.budgets:
            made = await client.create(PODDISRUPTIONBUDGETS, budget, "default")
            await client.update(PODDISRUPTIONBUDGETS, {**made, "status": budget["status"]}, "status")
        for claim in scene.claims:
            await client.create(RESOURCECLAIMS, claim, "default")
        for pod in scene.running:
            made = await client.create(PODS, pod, "default")
            name = made["metadata"]["name"]
            await client.patch(PODS, name, {"status": pod["status"]}, "default", subresource="status")
            await hold(client, scene, made)


async def hold(client: Client, scene: Scene, pod: Object) -> None:
    """The claim of a pod that runs has its device."""
    name = pod["metadata"]["name"]
    claim = next((one for one in scene.claims if one["metadata"]["name"] == name), None)
    if claim is not None:
        stored = await client.get(RESOURCECLAIMS, name, "default")
        user = {"resource": "pods", "name": name, "uid": pod["metadata"]["uid"]}
        await client.update(
            RESOURCECLAIMS, {**stored, "status": {**claim["status"], "reservedFor": [user]}}, "status"
        )


@contextlib.asynccontextmanager
async def ours(client: Client) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(run(client, stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(running, 20)


class Seen(NamedTuple):
    """What there is of pods and events."""

    pods: list[Object]
    events: list[Object]

    def of(self, reason: str) -> set[str]:
        """Who has an event."""
        return {one["involvedObject"]["name"] for one in self.events if one["reason"] == reason}

    @property
    def going(self) -> set[str]:
        """Who has been told to go."""
        return {pod["metadata"]["name"] for pod in self.pods if pod["metadata"].get("deletionTimestamp")}

    @property
    def due(self) -> int:
        """How many have to go at least."""
        told = (re.search(r"preempting (\d+) victims", one["message"]) for one in self.events)
        return max((int(one[1]) for one in told if one), default=0)


async def settled_on(client: Client, wanting: set[str]) -> Seen:
    """All of it, once each that wants a place has been judged, and all have been told to go that have to."""

    async def look() -> Seen:
        found = Seen(
            (await client.list(PODS, "default"))["items"], (await client.list(EVENTS, "default"))["items"]
        )
        found.events.sort(key=lambda one: str(one["metadata"]["name"]))
        return found

    def holds(seen: Seen) -> bool:
        judged = seen.of("FailedScheduling") | seen.of("Scheduled")
        return judged >= wanting and seen.of("Preempted") == seen.going and len(seen.going) >= seen.due

    return await settled(look, holds, 2.0)


def shown(pod: Object) -> Object:
    """What of a pod both sides must have made the same."""
    status, masked = pod.get("status") or {}, ["lastTransitionTime", "lastProbeTime"]
    if status.get("nominatedNodeName"):
        # Whether it is tried again while others go is a matter of time; what was said at first is in the events.
        masked.append("message")
    conditions = [
        {name: value for name, value in one.items() if name not in masked}
        for one in status.get("conditions") or []
    ]
    return {
        "node": pod["spec"].get("nodeName", ""),
        "nominated": status.get("nominatedNodeName", ""),
        "goes": bool(pod["metadata"].get("deletionTimestamp")),
        "conditions": sorted(conditions, key=lambda one: str(one["type"])),
    }


def told(found: list[Object], pods: list[Object]) -> dict[str, set[tuple[str, ...]]]:
    """The events of pods, with scenes in place of uids: for which of two one goes that has to go for both kube-scheduler leaves
    to chance, and may say it twice.
    """
    names = {pod["metadata"]["uid"]: pod["metadata"]["name"].partition("-")[0] for pod in pods}
    by_pod: dict[str, set[tuple[str, ...]]] = {}
    for one in found:
        if one["message"].endswith(WAITS):
            continue
        message = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", lambda uid: names.get(uid[0], "?"), one["message"])
        action = one.get("action", "") if one["reason"] == "Preempted" else ""
        said = (one["type"], one["reason"], message, action, one["reportingComponent"])
        by_pod.setdefault(one["involvedObject"]["name"], set()).add(said)
    return by_pod


class Judged(NamedTuple):
    """What has come of pods, and what was told of them."""

    pods: dict[str, Object]
    events: dict[str, set[tuple[str, ...]]]


async def judged(client: Client, wanting: set[str]) -> Judged:
    seen = await settled_on(client, wanting)
    return Judged({pod["metadata"]["name"]: shown(pod) for pod in seen.pods}, told(seen.events, seen.pods))


async def placed(client: Client, waiting: set[str]) -> dict[str, str]:
    """Where those get who wait for a node, once all are gone who had to go. Some find it taken, and wait for another, or none."""
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            pods: list[Object] = (await client.list(PODS, "default"))["items"]
            for pod in pods:
                if pod["metadata"].get("deletionTimestamp"):
                    await client.delete(PODS, pod["metadata"]["name"], "default", grace_period_seconds=0)
            now = {
                name: one
                for pod in pods
                if (name := pod["metadata"]["name"]) in waiting
                for one in [shown(pod)]
            }
            if not any(one["nominated"] for one in now.values()):
                return {name: one["node"] for name, one in now.items()}
            await asyncio.sleep(0.2)


async def come(clients: list[Client], pods: list[Object]) -> set[str]:
    """Have both sides make these pods; their names."""
    for client in clients:
        for pod in pods:
            await client.create(PODS, pod, "default")
    return {pod["metadata"]["name"] for pod in pods}


async def alike(clients: list[Client], wanting: set[str], passed_over: set[str]) -> Judged:
    """What both sides say of these pods, and of those that have to go for them."""
    theirs, mine = [await judged(one, wanting) for one in clients]
    found = differences(theirs.pods, mine.pods) + differences(theirs.events, mine.events)
    found = [one for one in found if one.partition("\n")[0] not in passed_over]
    assert not found, "\n".join(found)
    return theirs


@pytest.mark.parametrize("seed", range(4))
async def test_the_same_pods_go_for_the_same_ones(seed: int, scheduler_137: Path, tmp_path: Path) -> None:
    scenes = [Scene(seed * SCENES + index) for index in range(SCENES)]
    planes = [ControlPlane(tmp_path / side) for side in ("theirs", "ours")]
    async with contextlib.AsyncExitStack() as open_:
        clients = []
        for plane in planes:
            await open_.enter_async_context(plane.up())
            clients.append(await open_.enter_async_context(plane.client()))
            await tell(clients[-1], scenes)
        wanting = await come(clients, [pod for scene in scenes for pod in scene.preemptors])
        await open_.enter_async_context(kube_scheduler(scheduler_137, planes[0], tmp_path / "scheduler.log"))
        await open_.enter_async_context(ours(clients[1]))
        await alike(clients, wanting, set())
        late = await come(clients, [pod for scene in scenes for pod in scene.late])
        # When those who came before try again is a matter of time.
        before = await alike(clients, late, wanting)
        # Who of several is the first to try again is a matter of time.
        alone = {
            one.preemptors[0]["metadata"]["name"] for one in scenes if len(one.preemptors + one.late) == 1
        }
        waiting = {name for name in alone if before.pods[name]["nominated"]}
        ends = [await placed(one, waiting) for one in clients]
        found = differences(*ends)
        assert not found, "\n".join(found)
    assert sum(one["goes"] for one in before.pods.values()) > 2 and waiting
