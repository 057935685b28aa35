"""Keeps pods off nodes that are not well or are cordoned: a NoSchedule taint for each thing that says so."""

from __future__ import annotations

from typing import Final

from drakkar.api.core import Node, Taint
from drakkar.api.time import time_text
from drakkar.client import Client, WorkQueue
from drakkar.client.changes import ChangeOf
from drakkar.client.resources import NODES
from drakkar.controllers.machinery.clock import now
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.controllers.machinery.seen import Seen
from drakkar.controllers.machinery.stored import spec_in

_PREFIX: Final = "node.kubernetes.io/"
_UNSCHEDULABLE: Final = f"{_PREFIX}unschedulable"
# By a condition and its status.
_BY_CONDITION: Final = {
    ("Ready", "False"): f"{_PREFIX}not-ready",
    ("Ready", "Unknown"): f"{_PREFIX}unreachable",
    ("MemoryPressure", "True"): f"{_PREFIX}memory-pressure",
    ("DiskPressure", "True"): f"{_PREFIX}disk-pressure",
    ("NetworkUnavailable", "True"): f"{_PREFIX}network-unavailable",
    ("PIDPressure", "True"): f"{_PREFIX}pid-pressure",
}
_OURS: Final = frozenset((_UNSCHEDULABLE, *_BY_CONDITION.values()))


def wanted_keys(node: Node) -> set[str]:
    """The keys of the taints that a node's state asks for (upstream's TaintNodesByCondition)."""
    found = {_BY_CONDITION.get((item.type, item.status)) for item in node.status.conditions}
    if node.spec.unschedulable:
        found.add(_UNSCHEDULABLE)
    return {key for key in found if key}


def _is_ours(taint: Taint) -> bool:
    return taint.effect == "NoSchedule" and taint.key in _OURS


class NodeTaintController:
    """Keys are names of nodes. An API server puts `not-ready` on every new node, and nobody else takes it off."""

    name = "node-taints"
    workers = 2

    def __init__(self, client: Client, mirrors: Mirrors) -> None:
        self._client = client
        self._nodes = mirrors.of(NODES, Node)
        self.queue: WorkQueue[str] = WorkQueue()
        self.needs = (self._nodes,)
        self._nodes.add_handler(self._on_node)

    def _on_node(self, change: ChangeOf[Seen[Node]]) -> None:
        new = change.new
        if new is not None:
            self.queue.add(new.key.name)

    async def reconcile(self, key: str) -> None:
        node = self._nodes.get("", key)
        if node is None or node.is_deleting:
            return
        held = node.it.spec.taints
        wanted = wanted_keys(node.it)
        there = {taint.key for taint in held if _is_ours(taint)}
        if wanted == there:
            return
        spec = spec_in(node.obj)
        kept = [
            stored
            for taint, stored in zip(held, spec.get("taints") or (), strict=True)
            if not _is_ours(taint) or taint.key in wanted
        ]
        moment = time_text(now())
        kept += [
            {"key": missing, "effect": "NoSchedule", "timeAdded": moment}
            for missing in sorted(wanted - there)
        ]
        # The whole object, with its version: of two who change the taints at once one must look again.
        self._nodes.learn(await self._client.update(NODES, node.with_parts(spec={**spec, "taints": kept})))
