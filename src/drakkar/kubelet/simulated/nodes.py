"""Nodes that exist in the API alone: their Node objects, their ResourceSlices, and their leases, many from one process."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drakkar.api.core import Node, NodeStatus
from drakkar.api.gates import Gates
from drakkar.api.object import Object, ObjectKey, is_newer
from drakkar.api.resource import decode
from drakkar.client import (
    AlreadyExistsError,
    Client,
    ClientError,
    Informer,
    NotFoundError,
    WorkQueue,
    run_workers,
)
from drakkar.client.changes import Added, Change, Deleted
from drakkar.client.lifetime import keep_up
from drakkar.client.resources import LEASES, NODES, RESOURCESLICES
from drakkar.driver.publish.slice_diff import Owner, Pool, diff_pool
from drakkar.driver.publish.slice_names import BY_DEVICES
from drakkar.kubelet.devices.node_operations import declared_features
from drakkar.kubelet.node.lease import NAMESPACE, lease, lease_spec
from drakkar.kubelet.node.node_status import conditions, node_info
from drakkar.kubelet.pods.allocations import RESIZES
from drakkar.kubelet.pods.status import timestamp
from drakkar.kubelet.runtime.interface import RuntimeStatus
from drakkar.kubelet.simulated.names import PREFIX, simulated_names

_log = logging.getLogger(__name__)
# Both a label, to select by, and an annotation, which says what it means.
SIMULATED = "drakkar.dev/simulated"
_MESSAGES = {
    "MemoryPressure": "the memory is simulated",
    "DiskPressure": "the disk is simulated",
    "PIDPressure": "nothing runs",
}
_ARCHITECTURE = "amd64"
_SYNC_SECONDS = 60.0
_WORKERS = 8
_SLICE_DEVICES = 128
# Every lease is renewed once in so many ticks of a second: often enough for whoever watches leases (40 s and more),
# half as often as a kubelet does, because here there are many.
_LEASE_TICKS = 20
_LEASES_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class SimulatedConfig:
    """How many nodes there are to be, and what each has. `devices` gives a node's devices by its name."""

    count: int
    driver: str
    devices: Callable[[str], Sequence[Mapping[str, Any]]]
    cpu: str = "64"
    memory: str = "512Gi"
    max_pods: int = 110
    gates: Gates = field(default_factory=Gates.default)

    def names(self) -> list[str]:
        """`drakkar-sim-1` and so on."""
        return simulated_names(self.count)


def allocatable(config: SimulatedConfig) -> dict[str, str]:
    """What each node has for pods."""
    return {"cpu": config.cpu, "memory": config.memory, "pods": str(config.max_pods)}


def node_object(name: str, config: SimulatedConfig, runtime: RuntimeStatus, now: float) -> Object:
    """The whole Node, its status too."""
    has = allocatable(config)
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": _ARCHITECTURE,
        SIMULATED: "true",
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": {SIMULATED: runtime.message}},
        "spec": {},
        "status": {
            "capacity": has,
            "allocatable": dict(has),
            "conditions": conditions(_MESSAGES | {"Ready": runtime.message}, now, timestamp(now)),
            # No address of its own: there is no server that logs and exec could be asked of.
            "addresses": [{"type": "Hostname", "address": name}],
            "nodeInfo": node_info(runtime, "simulated", _ARCHITECTURE),
            "declaredFeatures": sorted([*declared_features(config.gates), *RESIZES]),
        },
    }


def _is_ready(status: NodeStatus) -> bool:
    return any(one.type == "Ready" and one.status == "True" for one in status.conditions)


def _as_wanted(obj: Object, wanted: Object) -> bool:
    status = decode(Node, obj).status
    said = wanted["status"]["allocatable"], wanted["status"].get("declaredFeatures", [])
    return _is_ready(status) and (status.allocatable, list(status.declared_features)) == said


class SimulatedNodes:
    """Keeps the nodes and slices of a configuration there, and takes away those of an earlier, larger one."""

    def __init__(self, client: Client, config: SimulatedConfig, runtime: RuntimeStatus) -> None:
        self._client = client
        self._runtime = runtime
        self._config = config
        self._names = config.names()
        self._ours = frozenset(self._names)
        self._leased: set[str] = set()
        # By node and then slice name: what the watch told, and what we have written since.
        self._slices: dict[str, dict[str, Object]] = {}
        self.queue: WorkQueue[str] = WorkQueue()
        self.nodes = Informer(client, NODES, label_selector=f"{SIMULATED}=true")
        self.nodes.add_handler(self._node_changed)
        self.slices = Informer(client, RESOURCESLICES, field_selector=f"spec.driver={config.driver}")
        # What is there is told again; what is remembered beside that may be newer and is gone.
        self.slices.on_rewind(self._slices.clear)
        self.slices.add_handler(self._slice_changed)

    def is_ours(self, node: str) -> bool:
        """Is a node of that name one of this configuration's?"""
        return node in self._ours

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.nodes.run())
            group.create_task(self.slices.run())
            # What is there already must be known before anything is made.
            await self.nodes.wait_synced(_SYNC_SECONDS)
            await self.slices.wait_synced(_SYNC_SECONDS)
            for name in self._names:
                self.queue.add(name)
            group.create_task(run_workers(self.queue, self.reconcile, _WORKERS))
            group.create_task(keep_up("the leases of simulated nodes", self._renew_leases))

    def _node_changed(self, change: Change) -> None:
        old, new = change.old, change.new
        obj = new or old
        assert obj is not None
        name = obj["metadata"]["name"]
        gone = isinstance(change, Deleted)
        amiss = gone == (name in self._ours) and name.startswith(PREFIX)
        # While nobody heard of us somebody may have said that nothing is known of it.
        if amiss or not (gone or _is_ready(decode(Node, obj).status)):
            self.queue.add(name)
        if gone:
            self._leased.discard(name)

    def _slice_changed(self, change: Change) -> None:
        old, new = change.old, change.new
        obj = new or old
        assert obj is not None
        node = obj["spec"].get("nodeName", "")
        if node not in self._ours:
            return
        if isinstance(change, Deleted):
            self._slices.get(node, {}).pop(obj["metadata"]["name"], None)
        else:
            self._learn(obj)
        if not isinstance(change, Added):
            self.queue.add(node)

    def _learn(self, obj: Object) -> None:
        known, meta = self._slices.setdefault(obj["spec"]["nodeName"], {}), obj["metadata"]
        before = known.get(meta["name"])
        if before is None or is_newer(before, obj) is not True:
            known[meta["name"]] = obj

    async def reconcile(self, name: str) -> None:
        """Bring one node in line; an API error propagates so that the queue retries."""
        if name not in self._ours:
            if ("", name) in self.nodes.store:
                _log.info("node %s is not wanted any more", name)
                try:
                    await self._client.delete(NODES, name)
                except NotFoundError:
                    pass
            return
        node = await self._keep_node(name)
        await self._keep_slices(name, node["metadata"]["uid"])

    async def _keep_node(self, name: str) -> Object:
        wanted = node_object(name, self._config, self._runtime, time.time())
        node = self.nodes.store.get(ObjectKey("", name))
        if node is None:
            try:
                node = await self._client.create(NODES, wanted)
            except AlreadyExistsError:
                meta = wanted["metadata"]
                change = {"metadata": {"labels": meta["labels"], "annotations": meta["annotations"]}}
                node = await self._client.patch(NODES, name, change, kind="strategic")
        if not _as_wanted(node, wanted):
            change = {"status": {"declaredFeatures": None, **wanted["status"]}}
            node = await self._client.patch(NODES, name, change, kind="strategic", subresource="status")
        return node

    async def _keep_slices(self, name: str, uid: str) -> None:
        devices = list(self._config.devices(name))
        parts = [devices[at : at + _SLICE_DEVICES] for at in range(0, len(devices), _SLICE_DEVICES)]
        pool = Pool(slices=tuple({"devices": part} for part in parts)) if parts else None
        known = self._slices.get(name, {})
        owner = Owner("v1", "Node", name, uid)
        changes = diff_pool(self._config.driver, name, pool, list(known.values()), owner, BY_DEVICES)
        for item in changes.delete:
            meta = item["metadata"]
            try:
                await self._client.delete(RESOURCESLICES, meta["name"], uid=meta["uid"])
            except NotFoundError:
                pass
            known.pop(meta["name"], None)
        for item in changes.update:
            item |= {"apiVersion": RESOURCESLICES.api_version, "kind": "ResourceSlice"}
            self._learn(await self._client.update(RESOURCESLICES, item))
        for item in changes.create:
            self._learn(await self._client.create(RESOURCESLICES, item))

    async def _renew_leases(self) -> None:
        tick = 0
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            await asyncio.sleep(max(0.0, due - loop.time()))
            names = self._names[tick % _LEASE_TICKS :: _LEASE_TICKS]
            for at in range(0, len(names), _LEASES_AT_ONCE):
                await asyncio.gather(*(self._renew(name) for name in names[at : at + _LEASES_AT_ONCE]))
            tick += 1
            # A server that is slow is not to be asked ever more.
            due = max(due + 1.0, loop.time())

    async def _renew(self, name: str) -> None:
        node = self.nodes.store.get(ObjectKey("", name))
        if node is None:
            return
        try:
            if name in self._leased:
                await self._client.patch(LEASES, name, {"spec": lease_spec(name)}, NAMESPACE)
                return
            whole = lease(name, node["metadata"]["uid"])
            try:
                await self._client.create(LEASES, whole, NAMESPACE)
            except AlreadyExistsError:
                # A node made anew has another UID than the one that its old lease belongs to.
                owners = whole["metadata"]["ownerReferences"]
                change = {"metadata": {"ownerReferences": owners}, "spec": whole["spec"]}
                await self._client.patch(LEASES, name, change, NAMESPACE)
            self._leased.add(name)
        except NotFoundError:
            self._leased.discard(name)
        except ClientError as error:
            _log.warning("node %s: lease not renewed: %s", name, error)
