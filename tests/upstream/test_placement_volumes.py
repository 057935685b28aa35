"""Pods with volumes go where kube-scheduler has them go, get the volumes that it would give them, or wait as with it."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from drakkar.api.core import Node, Pod
from drakkar.api.object import ObjectKey, key_of
from drakkar.api.resource import decode
from drakkar.api.storage import SELECTED_NODE, StorageClass, Volume, VolumeClaim
from drakkar.client import Client, Informer
from drakkar.client.changes import Change
from drakkar.client.resources import (
    NODES,
    PERSISTENTVOLUMECLAIMS,
    PERSISTENTVOLUMES,
    PODS,
    SERVICEACCOUNTS,
    STORAGECLASSES,
)
from drakkar.placement import Snapshot, VolumeBindings

from .control_plane import ControlPlane
from .schedulers_beside import kube_scheduler
from .test_placement import Followed, Object, as_good, told, without_preemption
from .volume_dice import BOUND, VolumeDice

pytestmark = pytest.mark.upstream

PODS_IN_ALL = 60


class Binder:
    """What a cluster's controller of volumes does with what the scheduler writes: binds claims, and makes their volumes."""

    def __init__(self, client: Client, snapshot: Snapshot) -> None:
        self._client, self._snapshot = client, snapshot
        self._claims = Informer(client, PERSISTENTVOLUMECLAIMS)
        self._volumes = Informer(client, PERSISTENTVOLUMES)
        self._claims.add_handler(self._claim)
        self._volumes.add_handler(self._volume)
        self._tasks: set[asyncio.Task[None]] = set()
        # What the scheduler chose: the volume of a claim, or the node for which one was made.
        self.chosen: dict[str, str] = {}

    @contextlib.asynccontextmanager
    async def at_work(self):  # type: ignore[no-untyped-def]
        """For the time of the block."""
        working = asyncio.gather(self._claims.run(), self._volumes.run())
        try:
            yield
        finally:
            working.cancel()
            await asyncio.gather(working, *self._tasks, return_exceptions=True)

    def _claim(self, change: Change) -> None:
        new = change.new
        if new is None or "volumeName" in new["spec"]:
            return
        node = (new["metadata"].get("annotations") or {}).get(SELECTED_NODE)
        name = new["metadata"]["name"]
        if node and name not in self.chosen:
            self.chosen[name] = node
            self._spawn(self._bind(name, f"made-{name}", True))

    def _volume(self, change: Change) -> None:
        new = change.new
        ref = None if new is None else new["spec"].get("claimRef")
        if new is not None and ref and ref.get("uid") and ref["name"] not in self.chosen:
            self.chosen[ref["name"]] = new["metadata"]["name"]
            self._spawn(self._bind(ref["name"], new["metadata"]["name"], False))

    def _spawn(self, work) -> None:  # type: ignore[no-untyped-def]
        task = asyncio.create_task(work)
        self._tasks.add(task)

    async def _bind(self, name: str, volume: str, make: bool) -> None:
        claim = await self._client.get(PERSISTENTVOLUMECLAIMS, name, "default")
        if make:
            ref = {"namespace": "default", "name": name, "uid": claim["metadata"]["uid"]}
            spec = {
                "capacity": {"storage": "1Gi"},
                "accessModes": ["ReadWriteOnce"],
                "storageClassName": "made",
                "hostPath": {"path": "/tmp"},
                "claimRef": ref,
            }
            made = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": volume}}
            await self._client.create(PERSISTENTVOLUMES, {**made, "spec": spec})
        change = {"metadata": {"annotations": BOUND}, "spec": {"volumeName": volume}}
        done = await self._client.patch(PERSISTENTVOLUMECLAIMS, name, change, "default")
        stored = await self._client.get(PERSISTENTVOLUMES, volume)
        self._snapshot.volumes.set_claim(ObjectKey("default", name), decode(VolumeClaim, done))
        self._snapshot.volumes.set_volume(volume, decode(Volume, stored))


async def set_up(client: Client, dice: VolumeDice, snapshot: Snapshot) -> list[str]:
    """Everything but the pods, on the server and in the snapshot; the claims that wait for a pod."""
    snapshot.set_namespace("default", {"kubernetes.io/metadata.name": "default"})
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    await client.create(SERVICEACCOUNTS, account, "default")
    nodes = dice.nodes()
    for node in nodes:
        name = node["metadata"]["name"]
        await client.create(NODES, node)
        await client.patch(NODES, name, {"spec": {"taints": node["spec"].get("taints")}})
        await client.update(NODES, {**node, **await client.get(NODES, name)}, "status")
        snapshot.set_node(decode(Node, node))
    for one in dice.classes():
        await client.create(STORAGECLASSES, one)
        snapshot.volumes.set_class(one["metadata"]["name"], decode(StorageClass, one))
    waiting = []
    for one in dice.claims():
        key = ObjectKey("default", one["metadata"]["name"])
        done = await client.create(PERSISTENTVOLUMECLAIMS, one, "default")
        if "status" in one:
            done = await client.update(PERSISTENTVOLUMECLAIMS, {**done, "status": one["status"]}, "status")
        if key.name.startswith("going"):
            await client.delete(PERSISTENTVOLUMECLAIMS, key.name, "default")
            done = await client.get(PERSISTENTVOLUMECLAIMS, key.name, "default")
        elif key.name.startswith("wait"):
            waiting.append(key.name)
        snapshot.volumes.set_claim(key, decode(VolumeClaim, done))
    for one in dice.volumes(nodes):
        done = await client.create(PERSISTENTVOLUMES, one)
        done = await client.update(PERSISTENTVOLUMES, {**done, "status": one["status"]}, "status")
        snapshot.volumes.set_volume(one["metadata"]["name"], decode(Volume, done))
    return waiting


def chosen(bindings: VolumeBindings, node: str) -> dict[str, str]:
    """What comes of the claims of a pod, as the Binder tells it."""
    found = {claim.metadata.name: volume for claim, volume in bindings.found}
    return {**found, **{claim.metadata.name: node for claim in bindings.to_make}}


@pytest.mark.parametrize("seed", range(4))
async def test_pods_with_volumes_go_where_the_original_has_them_go(
    seed: int, scheduler_137: Path, tmp_path: Path
) -> None:
    dice, snapshot, placed, nowhere = VolumeDice(seed), Snapshot(), 0, 0
    plane = ControlPlane(tmp_path)
    async with plane.up(), plane.client() as client:
        waiting = await set_up(client, dice, snapshot)
        followed, binder = Followed(client), Binder(client, snapshot)
        following = asyncio.create_task(followed.informer.run())
        try:
            async with kube_scheduler(scheduler_137, plane, tmp_path / "scheduler.log"), binder.at_work():
                for number in range(PODS_IN_ALL):
                    made = dice.user(f"p{number}", waiting)
                    created = await client.create(PODS, made, "default")
                    # What it would be, before the claims that wait are bound.
                    struct = decode(Pod, created)
                    best = as_good(snapshot, struct)
                    why, would = ("", {}) if best else (told(snapshot, created), {})
                    for node in best:
                        volumes, info = snapshot.volumes_of(struct), snapshot.node(node)
                        assert info is not None
                        would[node] = {} if volumes is None else chosen(volumes.on(info), node)
                    found: Object = await followed.decided(key_of(created))
                    node = found["spec"].get("nodeName")
                    if node is None:
                        said = without_preemption(found)
                        assert (best, why) == ([], said), f"{made}"
                        await client.delete(PODS, f"p{number}", "default", grace_period_seconds=0)
                        nowhere += 1
                        continue
                    assert node in best, f"{made} is on {node}, the best are {best}"
                    done = {name: binder.chosen[name] for name in would[node]}
                    assert done == would[node], f"{made}"
                    snapshot.put(key_of(found), decode(Pod, found), node)
                    placed += 1
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
    assert placed > 10 and nowhere > 10
