"""From slices to the pools of one node: generations, completeness, validity, order (dra-semantics 2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from drakkar.allocator.compat import Quirks
from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.node import Node
from drakkar.allocator.outcome import RefusedError
from drakkar.allocator.rules.counters import CounterName
from drakkar.allocator.supply.inventory import Inventory, PoolKey, SliceEntry
from drakkar.allocator.supply.slice_nodes import on_node, slice_on_node
from drakkar.api.features import (
    COMPATIBILITY_GROUPS,
    PARTITIONABLE_DEVICES,
    Features,
    is_stable,
)
from drakkar.api.node_selector import NodeSelectorError
from drakkar.api.quantity import Quantity, QuantityError


class Members(NamedTuple):
    """The slices that make up a pool for a node; `others` are on other nodes, and only their counters matter."""

    key: PoolKey
    here: tuple[SliceEntry, ...]
    others: tuple[SliceEntry, ...] = ()
    incomplete: str = ""


class Pool:
    """A pool as a node sees it. `incomplete` and `invalid` say what is wrong; such a pool has no candidates.

    `counters` are the published counters; the devices of `others` are never candidates, but what they use is used.
    """

    __slots__ = (
        "counters",
        "devices",
        "elsewhere",
        "incomplete",
        "index",
        "invalid",
        "key",
        "sets",
        "slices",
    )

    def __init__(self, members: Members, features: Features, in_order: bool) -> None:
        self.key = members.key
        self.incomplete = members.incomplete
        self.invalid = ""
        # By counter set and counter, in nano-units; and the sets by name.
        self.counters: dict[CounterName, int] = {}
        self.sets: tuple[str, ...] = ()
        partitioned = PARTITIONABLE_DEVICES in features
        here = members.here if in_order else tuple(sorted(members.here, key=_by_name))
        self.slices = tuple(e for e in here if not (partitioned and e.slice.spec.shared_counters))
        self.devices: tuple[DeviceEntry, ...] = tuple(d for entry in self.slices for d in entry.devices)
        self.elsewhere: tuple[DeviceEntry, ...] = ()
        if not self.incomplete:
            self.invalid = _twice("device", (entry.device.name for entry in self.devices))
            if not self.invalid and partitioned:
                self.elsewhere = tuple(
                    d
                    for entry in members.others
                    if not entry.slice.spec.shared_counters
                    for d in entry.devices
                )
                self.invalid = self._count((*here, *members.others))
        if not self.usable:
            self.devices, self.elsewhere = (), ()
        self.index = {entry.device.name: index for index, entry in enumerate(self.devices)}

    @property
    def usable(self) -> bool:
        """Whether devices may be taken from it."""
        return not self.incomplete and not self.invalid

    @property
    def bound(self) -> bool:
        """Whether some device has binding conditions, for which the pool comes late (dra-semantics 2.4.1)."""
        return any(entry.device.binding_conditions is not None for entry in self.devices)

    def _count(self, slices: tuple[SliceEntry, ...]) -> str:
        """Read the counter sets; what is wrong with them, if something is (dra-semantics 2.3.6)."""
        sets: dict[str, None] = {}
        for entry in slices:
            for counter_set in entry.slice.spec.shared_counters:
                if counter_set.name in sets:
                    return f"duplicate counter set name {counter_set.name}"
                sets[counter_set.name] = None
                for name, counter in counter_set.counters.items():
                    try:
                        self.counters[counter_set.name, name] = Quantity.parse(counter.value).nanos
                    except QuantityError as error:
                        return f"counter {name} of counter set {counter_set.name}: {error}"
        for device in (*self.devices, *self.elsewhere):
            for use in device.device.consumes_counters:
                if use.counter_set not in sets:
                    return f"counter set {use.counter_set} not found"
                for name in use.counters:
                    if (use.counter_set, name) not in self.counters:
                        return f"counter {name} not found in counter set {use.counter_set}"
        self.sets = tuple(sets)
        return ""


def _by_name(entry: SliceEntry) -> str:
    return entry.name


def _twice(what: str, names: Iterable[str]) -> str:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return f"duplicate {what} name {name}"
        seen.add(name)
    return ""


def _ignored(entry: SliceEntry, features: Features) -> bool:
    """Whether no device of the slice is offered; it still counts for its pool to be complete (dra-semantics 2.2.1)."""
    spec = entry.slice.spec
    partitioned = spec.per_device_node_selection is not None or bool(spec.shared_counters)
    return partitioned and PARTITIONABLE_DEVICES not in features


def _unknown(entry: SliceEntry, features: Features) -> bool:
    """Whether the slice is as good as not there (dra-semantics 2.2.6)."""
    return COMPATIBILITY_GROUPS not in features and any(
        use.compatibility_groups for d in entry.slice.spec.devices for use in d.consumes_counters
    )


def _relevant(entry: SliceEntry, node: Node, fatal: bool) -> bool:
    """Whether a slice is for a node. Of one whose selector cannot be read nobody knows any: that ends the call if it is
    `fatal`, and else costs that slice or device."""
    spec = entry.slice.spec
    try:
        found = slice_on_node(spec, node)
    except NodeSelectorError as error:
        if not fatal:
            return False
        raise RefusedError(
            f"gather pool information: failed to perform node selection for slice {entry.name}:"
            f" failed to parse node selector: {error}"
        ) from None
    if found is not None or not spec.per_device_node_selection:
        return bool(found)
    for device in entry.devices:
        try:
            if on_node(device.device, node):
                return True
        except NodeSelectorError as error:
            if not fatal:
                continue
            raise RefusedError(
                f"gather pool information: failed to perform node selection for device {device.key}"
                f" in slice {entry.name}: {error}"
            ) from None
    return False


class Gathering:
    """How slices become pools, for one set of features and quirks."""

    def __init__(self, inventory: Inventory, features: Features, quirks: Quirks) -> None:
        self._inventory = inventory
        self._features = features
        self._quirks = quirks
        self._stable = quirks.k16_stable and is_stable(features)

    def pool(self, members: Members) -> Pool:
        """The pool of such members."""
        return Pool(members, self._features, in_order=self._stable)

    def members(self, node: Node) -> dict[PoolKey, Members | None]:
        """The node's pools by driver and name, None where it has slices of an older generation only.

        RefusedError when a node selector cannot be read.
        """
        relevant: dict[PoolKey, list[SliceEntry]] = {}
        entries = self._inventory.slices() if self._stable else self._inventory.for_node(node.name)
        for entry in entries:
            if _ignored(entry, self._features) or _unknown(entry, self._features):
                continue
            spec = entry.slice.spec
            if (self._stable and spec.shared_counters) or _relevant(entry, node, self._quirks.k22_unreadable):
                relevant.setdefault((spec.driver, spec.pool.name), []).append(entry)
        return {key: self._of(key, relevant[key]) for key in sorted(relevant)}

    def _of(self, key: PoolKey, relevant: list[SliceEntry]) -> Members | None:
        """The members of the newest generation; None where the node has only slices of an older one."""
        newest = max(entry.slice.spec.pool.generation for entry in relevant)
        current: list[SliceEntry] = []
        if not self._quirks.k1_stale_generation:
            current = self._everywhere(key)
            newest = max(newest, max((e.slice.spec.pool.generation for e in current), default=newest))
        here = tuple(entry for entry in relevant if entry.slice.spec.pool.generation == newest)
        if not here:
            return None
        first = here[0] if self._quirks.k2_slice_order else min(here, key=_by_name)
        wanted = first.slice.spec.pool.resource_slice_count
        if len(here) == wanted:
            return Members(key, here)
        if self._quirks.k1_stale_generation:
            current = self._everywhere(key)
            if any(entry.slice.spec.pool.generation > newest for entry in current):
                return None
        current = [
            entry
            for entry in current
            if entry.slice.spec.pool.generation == newest and not _unknown(entry, self._features)
        ]
        if len(current) != wanted:
            return Members(key, here, incomplete=f"{len(current)} of {wanted} slices")
        names = {entry.name for entry in here}
        others = [entry for entry in current if entry.name not in names]
        if not self._quirks.k2_slice_order:
            others.sort(key=_by_name)
        return Members(key, here, tuple(others))

    def _everywhere(self, key: PoolKey) -> list[SliceEntry]:
        return list(self._inventory.of_pool(key))
