"""Watches for nodes that say nothing any more: they are unknown then, their pods are not ready, and they are emptied."""

from __future__ import annotations

import asyncio
import time
from typing import Any, NamedTuple

from drakkar.api.core import Node, Pod
from drakkar.api.object import Object, Uid
from drakkar.api.time import time_text
from drakkar.client import Client, ConflictError, EventRecorder, NotFoundError, WorkQueue
from drakkar.client.resources import LEASES, NODES, PODS
from drakkar.controllers.machinery.clock import now, seconds_since
from drakkar.controllers.machinery.mirror import Mirror, Mirrors
from drakkar.controllers.machinery.pods_by_node import PodsByNode
from drakkar.controllers.machinery.podstate import SeenPod, is_ready
from drakkar.controllers.machinery.seen import Seen
from drakkar.controllers.machinery.stored import spec_in, status_in
from drakkar.controllers.nodes.health import (
    Silence,
    Well,
    driving_taint,
    has_spoken,
    is_driving,
    rates,
    ready,
    silenced,
    zone,
)

_EVERY_SECONDS = 5.0
_LEASE_NAMESPACE = "kube-node-lease"
_AT_ONCE = 16

SeenNode = Seen[Node]


class _Heard(NamedTuple):
    """What a node said last, by its status and its lease, and when that was seen (time.monotonic)."""

    heartbeat: str
    renewal: str
    at: float


class NodeMonitor:
    """Has a single key, "". What matters is when a sign of life was seen, not what time it names: clocks differ."""

    name = "node-monitor"
    workers = 1

    def __init__(
        self,
        client: Client,
        mirrors: Mirrors,
        events: EventRecorder,
        silence: Silence = Silence(),  # noqa: B008 - it cannot be changed
        every: float = _EVERY_SECONDS,
    ) -> None:
        """`every` is the pause between two looks, in seconds."""
        self._client = client
        self._events = events
        self._silence = silence
        self._every = every
        self._nodes = mirrors.of(NODES, Node)
        self._pods = mirrors.of(PODS, Pod)
        self._leases = mirrors.of(LEASES)
        self.queue: WorkQueue[str] = WorkQueue()
        self.queue.add("")
        self.needs: tuple[Mirror[Any], ...] = (self._nodes, self._pods, self._leases)
        self._by_node = PodsByNode()
        self._pods.add_handler(self._by_node.changed)
        self._heard: dict[Uid, _Heard] = {}
        # When the next node of a zone may be emptied.
        self._next: dict[str, float] = {}

    async def reconcile(self, key: str) -> None:
        self.queue.add_after(key, self._every)
        nodes = [node for node in self._nodes.all() if not node.is_deleting]
        moment = time.monotonic()
        silent = [node for node in nodes if self._is_silent(node, moment)]
        self._forget({node.uid for node in nodes})
        for at in range(0, len(silent), _AT_ONCE):
            await asyncio.gather(*(self._silence_node(node) for node in silent[at : at + _AT_ONCE]))
        await self._drive_out()

    def _forget(self, there: set[Uid]) -> None:
        for uid in self._heard.keys() - there:
            del self._heard[uid]

    def _is_silent(self, node: SeenNode, moment: float) -> bool:
        lease = self._leases.get(_LEASE_NAMESPACE, node.key.name)
        renewal = "" if lease is None else str(spec_in(lease.obj).get("renewTime") or "")
        heartbeat = next(
            (str(one.get("lastHeartbeatTime")) for one in _conditions(node) if one.get("type") == "Ready"), ""
        )
        heard = self._heard.get(node.uid)
        spoken = has_spoken(node.it)
        if heard is None:
            # One that has never spoken is as silent as it is old.
            age = 0.0 if spoken else max(0.0, seconds_since(node.it.metadata.creation_timestamp, now()))
            heard = self._heard[node.uid] = _Heard(heartbeat, renewal, moment - age)
            name = node.key.name
            self._tell(node, "RegisteredNode", f"Node {name} event: Registered Node {name} in Controller")
        elif (heartbeat, renewal) != heard[:2]:
            heard = self._heard[node.uid] = _Heard(heartbeat, renewal, moment)
        grace = self._silence.grace if spoken else self._silence.at_first
        return moment - heard.at > grace

    async def _silence_node(self, node: SeenNode) -> None:
        created = node.it.metadata.creation_timestamp or ""
        before = _conditions(node)
        conditions = silenced(before, created, time_text(now()))
        if conditions != before:
            status = {**status_in(node.obj), "conditions": conditions}
            try:
                self._nodes.learn(await self._client.update(NODES, node.with_parts(status=status), "status"))
            except (ConflictError, NotFoundError):
                # It may have been heard after all; the next look tells.
                return
        if ready(node.it) != "True":
            return
        self._tell(node, "NodeNotReady", f"Node {node.key.name} status is now: NodeNotReady")
        for key in list(self._by_node.of(node.key.name)):
            pod = self._pods.get(*key)
            if pod is not None and is_ready(pod):
                await self._unready(pod)

    async def _unready(self, pod: SeenPod) -> None:
        status = status_in(pod.obj)
        conditions = [
            {**one, "status": "False", "lastTransitionTime": time_text(now())}
            if one.get("type") == "Ready"
            else one
            for one in status.get("conditions") or ()
        ]
        self._events.event(pod.obj, "Warning", "NodeNotReady", "Node is not ready")
        changed = pod.with_parts(status={**status, "conditions": conditions})
        try:
            self._pods.learn(await self._client.update(PODS, changed, "status"))
        except (ConflictError, NotFoundError):
            # Its kubelet speaks, or it is gone.
            return

    async def _drive_out(self) -> None:
        nodes = [node for node in self._nodes.all() if not node.is_deleting and has_spoken(node.it)]
        zones: dict[str, Well] = {}
        for node in nodes:
            well, unwell = zones.get(zone(node.it), Well(0, 0))
            fine = ready(node.it) == "True"
            zones[zone(node.it)] = Well(well + fine, unwell + (not fine))
        allowed = rates(zones)
        for node in nodes:
            wanted = "" if allowed is None else driving_taint(node.it)
            there = [taint.key for taint in node.it.spec.taints if is_driving(taint)]
            if there == ([wanted] if wanted else []):
                continue
            name = zone(node.it)
            # Another taint in the place of one empties no more nodes.
            if there or allowed is None or self._may_go(name, allowed[name]):
                await self._taint(node, wanted)

    def _may_go(self, name: str, rate: float) -> bool:
        moment = time.monotonic()
        if not rate or moment < self._next.get(name, 0.0):
            return False
        self._next[name] = moment + 1 / rate
        return True

    async def _taint(self, node: SeenNode, key: str) -> None:
        spec = spec_in(node.obj)
        stored = zip(node.it.spec.taints, spec.get("taints") or (), strict=True)
        taints: list[Object] = [one for taint, one in stored if not is_driving(taint)]
        if key:
            taints.append({"key": key, "effect": "NoExecute", "timeAdded": time_text(now())})
        changed = {
            name: value for name, value in {**spec, "taints": taints or None}.items() if value is not None
        }
        try:
            self._nodes.learn(await self._client.update(NODES, node.with_parts(spec=changed)))
        except (ConflictError, NotFoundError):
            # Somebody else changed it: the next look tells.
            return

    def _tell(self, node: SeenNode, reason: str, message: str) -> None:
        self._events.event(node.obj, "Normal", reason, message)


def _conditions(node: SeenNode) -> list[Object]:
    return list(status_in(node.obj).get("conditions") or ())
