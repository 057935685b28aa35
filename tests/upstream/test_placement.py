"""The node that kube-scheduler takes is the one that `placement` says is the best, or one as good; where it takes none, it says
why in the same words.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from drakkar.api.core import Node, Pod
from drakkar.api.object import ObjectKey, key_of
from drakkar.api.resource import decode
from drakkar.client import Client, Informer
from drakkar.client.resources import (
    NAMESPACES,
    NODES,
    PODS,
    REPLICASETS,
    REPLICATIONCONTROLLERS,
    SERVICEACCOUNTS,
    SERVICES,
    STATEFULSETS,
)
from drakkar.placement import Snapshot, totals
from drakkar.scheduler.cycle import Unplaced, decide
from drakkar.scheduler.dra import ClaimPlan
from drakkar.scheduler.soundness import KnownPod

from . import placement_dice
from .control_plane import ControlPlane
from .placement_dice import PlacementDice
from .schedulers_beside import kube_scheduler

pytestmark = pytest.mark.upstream

Object = dict[str, Any]
PODS_IN_ALL = 120
WORKLOADS = (REPLICASETS, STATEFULSETS, REPLICATIONCONTROLLERS)


class Followed:
    """Pods as the watch shows them."""

    def __init__(self, client: Client) -> None:
        self.informer = Informer(client, PODS)
        self.moved = asyncio.Event()
        self.informer.add_handler(lambda *_: self.moved.set())

    async def decided(self, key: ObjectKey) -> Object:
        """The pod, once the scheduler has said something about it."""
        async with asyncio.timeout(60):
            while True:
                found = self.informer.store.get(key)
                if found is not None:
                    told = (found.get("status") or {}).get("conditions") or []
                    if found["spec"].get("nodeName") or any(one["type"] == "PodScheduled" for one in told):
                        return found
                self.moved.clear()
                await self.moved.wait()


def as_good(snapshot: Snapshot, one: Pod) -> list[str]:
    """The nodes that are the best for the pod, all of them."""
    form, volumes = snapshot.form(one), snapshot.volumes_of(one)
    if volumes is not None and volumes.refusal:
        return []
    fits = [node for node in form.fitting() if volumes is None or volumes.fits(node)]
    scores = totals(form, fits, [0] * len(fits), volumes)
    return [node.name for node, score in zip(fits, scores, strict=True) if score == max(scores)]


def told(snapshot: Snapshot, pod: Object) -> str:
    """What our scheduler says of a pod that finds no node."""
    outcome = decide(KnownPod.of(pod), snapshot, ClaimPlan(), lambda _: pytest.fail("no claims"))
    assert isinstance(outcome, Unplaced)
    return outcome.message


def without_preemption(pod: Object) -> str:
    """Why the pod finds no node, without what came of looking for pods that could go."""
    message: str = pod["status"]["conditions"][0]["message"]
    return re.sub(r" (preemption: .*|not found)$", "", message)


async def set_up(client: Client, dice: PlacementDice, snapshot: Snapshot) -> dict[str, str]:
    """Everything but the pods, on the server and in the snapshot; the uids of the workloads by kind."""
    for name, labels in placement_dice.NAMESPACES.items():
        found = await client.get(NAMESPACES, name) if name == "default" else None
        made = {**(found or {"apiVersion": "v1", "kind": "Namespace"})}
        made["metadata"] = {**made.get("metadata", {}), "name": name, "labels": labels}
        done = await (client.update(NAMESPACES, made) if found else client.create(NAMESPACES, made))
        snapshot.set_namespace(name, done["metadata"]["labels"])
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
        await client.create(SERVICEACCOUNTS, account, name)
    for node in dice.nodes():
        name = node["metadata"]["name"]
        await client.create(NODES, node)
        # A new node is tainted until somebody says that it is well, which is nobody's work here.
        await client.patch(NODES, name, {"spec": {"taints": node["spec"].get("taints")}})
        await client.update(NODES, {**node, **await client.get(NODES, name)}, "status")
        snapshot.set_node(decode(Node, node))
    owners = {}
    for obj in dice.groups():
        resource = next(one for one in (*WORKLOADS, SERVICES) if one.kind == obj["kind"])
        done = await client.create(resource, obj, obj["metadata"]["namespace"])
        snapshot.groups.tell(obj["kind"], key_of(obj), done)
        if obj["kind"] != "Service":
            owners[obj["kind"]] = done["metadata"]["uid"]
    return owners


@pytest.mark.parametrize("seed", range(6))
async def test_kube_scheduler_takes_one_of_the_best(seed: int, scheduler_137: Path, tmp_path: Path) -> None:
    dice, snapshot, placed, alone, nowhere = PlacementDice(seed, bent=seed % 2 == 1), Snapshot(), 0, 0, 0
    plane = ControlPlane(tmp_path)
    async with plane.up(), plane.client() as client:
        owners = await set_up(client, dice, snapshot)
        followed = Followed(client)
        following = asyncio.create_task(followed.informer.run())
        going: list[ObjectKey] = []
        try:
            async with kube_scheduler(scheduler_137, plane, tmp_path / "scheduler.log"):
                for number in range(PODS_IN_ALL):
                    made = dice.pod(f"p{number}", owners)
                    key = key_of(made)
                    await client.create(PODS, made, key[0])
                    found = await followed.decided(key)
                    wanted = as_good(snapshot, decode(Pod, found))
                    node = found["spec"].get("nodeName")
                    if node is None:
                        why = without_preemption(found)
                        assert (wanted, told(snapshot, found)) == ([], why), f"{made}"
                        await client.patch(PODS, key[1], {"metadata": {"finalizers": None}}, key[0])
                        await client.delete(PODS, key[1], key[0], grace_period_seconds=0)
                        nowhere += 1
                        continue
                    assert node in wanted, f"{made} is on {node}, the best are {wanted}"
                    placed += 1
                    alone += len(wanted) == 1
                    if found["metadata"].get("finalizers"):
                        going.append(key)
                    snapshot.put(key, decode(Pod, found), node)
                    if going and number % 5 == 0:
                        leaving = going.pop(0)
                        await client.delete(PODS, leaving[1], leaving[0], grace_period_seconds=0)
                        left = await client.get(PODS, leaving[1], leaving[0])
                        snapshot.put(leaving, decode(Pod, left), left["spec"]["nodeName"])
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
    assert placed > 20 and alone > 10 and nowhere > 2
