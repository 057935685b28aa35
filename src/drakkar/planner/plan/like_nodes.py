"""Nodes that stand alike to the same claims: what was found out about one holds for the other, under its devices' names.

Large clusters are made of few kinds of nodes; only one of each kind is looked at.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import msgspec

from drakkar.allocator import Inventory, Node
from drakkar.allocator.allocator import Asked
from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.rules.constraints import attribute_of, compared
from drakkar.allocator.rules.requests import as_written
from drakkar.api.resource import ResourceClaim
from drakkar.cel import CompileError
from drakkar.cel import compile as compile_selector
from drakkar.planner.findings import NodeFinding, Reason, Rejection
from drakkar.planner.plan.evidence import Evidence

# What tells of a device or its holders by name, in words.
_BY_NAME = ("holder", "holders", "pool")


class Situation(NamedTuple):
    """`key` is equal for nodes that stand alike; `devices` are the names under which their devices are told of, in order."""

    key: Hashable
    devices: tuple[str, ...]


class Twin(NamedTuple):
    """What was found out about a node, and the names of its devices in order."""

    evidence: Evidence
    devices: tuple[str, ...]


class Twins:
    """For one set of claims."""

    def __init__(self, inventory: Inventory, claims: Sequence[ResourceClaim]) -> None:
        self._attributes: set[str] = set()
        self._whole = False
        self._never = False
        for ask in as_written(claims, inventory.classes):
            # Expressions of their own are not looked into.
            self._never = self._never or bool(ask.derived)
            for expression in ask.expressions:
                self._read(expression)
        for claim in claims:
            self._attributes.update(compared(one) for one in claim.spec.devices.constraints)
        self._names = sorted(self._attributes)

    def _read(self, text: str) -> None:
        selector = compile_selector(text)
        if isinstance(selector, CompileError):
            return
        for path in selector.paths:
            if path[0] == "attributes" and len(path) > 2:
                self._attributes.add(f"{path[1]}/{path[2]}")
            elif path[0] == "attributes":
                self._whole = True

    def situation(self, asked: Asked, node: Node) -> Situation | None:
        """How the node stands; None where it may have no twin."""
        found = None if self._never else asked.situation(node)
        if found is None:
            return None
        state, entries = found
        if any(entry.spec.node_name != node.name for entry in entries):
            return None
        return Situation((state, tuple(map(self._seen, entries))), tuple(str(entry.key) for entry in entries))

    def _seen(self, entry: DeviceEntry) -> Hashable:
        """All of a device that an explanation may speak of, but its name."""
        device, driver = entry.device, entry.spec.driver
        if self._whole:
            values: Hashable = tuple(sorted(device.attributes.items(), key=str))
        else:
            values = tuple(attribute_of(entry, name) for name in self._names)
        uses = tuple(
            (use.counter_set, use.compatibility_groups, tuple((n, c.value) for n, c in use.counters.items()))
            for use in device.consumes_counters
        )
        # Equal capacities of one inventory are one object.
        return driver, values, id(device.capacity) if device.capacity else 0, entry.taints, uses


def may_be_shared(finding: NodeFinding, devices: Sequence[str]) -> bool:
    """Whether all that the finding says by name is devices of the node, in their own fields."""
    if finding.together or finding.conflicts or finding.failure or finding.pools or not finding.requests:
        return False
    if any(change.kind in _BY_NAME for change in finding.would_fit_if):
        return False
    for request in finding.requests:
        if request.devices != len(devices):
            return False
        for one in request.rejected:
            reasons: tuple[Reason | Rejection, ...] = (one, *one.also)
            if any(reason.holders or reason.kind == "node" for reason in reasons):
                return False
    return True


def for_node(finding: NodeFinding, node: str, names: dict[str, str]) -> NodeFinding:
    """The finding of a twin, told of this node and its devices."""
    requests = tuple(
        msgspec.structs.replace(
            request,
            usable=tuple(names[name] for name in request.usable),
            rejected=tuple(
                msgspec.structs.replace(one, devices=tuple(names[name] for name in one.devices))
                for one in request.rejected
            ),
        )
        for request in finding.requests
    )
    return msgspec.structs.replace(finding, node=node, requests=requests)
