"""From slices to the pools of one node: generations, completeness, validity, order (dra-semantics 2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.inventory import Inventory, PoolKey, SliceEntry
from drakkar.allocator.node import Node
from drakkar.allocator.outcome import Refused
from drakkar.api.features import COMPATIBILITY_GROUPS, PARTITIONABLE_DEVICES, Features
from drakkar.api.node_selector import NodeSelector, NodeSelectorError, match_node_selector
from drakkar.api.quantity import Quantity


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool as a node sees it. `incomplete` and `invalid` say what is wrong; such a pool has no candidates."""

    key: PoolKey
    devices: tuple[DeviceEntry, ...] = ()
    # Devices of the pool on other nodes' slices: never candidates, but what they use is used.
    elsewhere: tuple[DeviceEntry, ...] = ()
    counters: tuple[tuple[str, dict[str, Quantity]], ...] = ()
    incomplete: str = ""
    invalid: str = ""

    @property
    def usable(self) -> bool:
        """Whether devices may be taken from it."""
        return not self.incomplete and not self.invalid


def on_node(
    name: str | None, everywhere: bool | None, selector: NodeSelector | None, node: Node
) -> bool | None:
    """Whether the node is meant by one of the three node fields; None when none of them is set."""
    if name:
        return name == node.name
    if everywhere:
        return True
    if selector is not None:
        return match_node_selector(selector, node.name, node.labels)
    return None


def device_on_node(entry: DeviceEntry, node: Node) -> bool:
    """Whether a device of a slice with per-device node selection is the node's."""
    device = entry.device
    return bool(on_node(device.node_name, device.all_nodes, device.node_selector, node))


def _relevant(entry: SliceEntry, node: Node) -> bool:
    spec = entry.slice.spec
    try:
        found = on_node(spec.node_name, spec.all_nodes, spec.node_selector, node)
    except NodeSelectorError as error:
        raise Refused(
            f"gather pool information: failed to perform node selection for slice {entry.name}:"
            f" failed to parse node selector: {error}"
        ) from None
    if found is not None or not spec.per_device_node_selection:
        return bool(found)
    for device in entry.devices:
        try:
            if device_on_node(device, node):
                return True
        except NodeSelectorError as error:
            raise Refused(
                f"gather pool information: failed to perform node selection for device {device.key}"
                f" in slice {entry.name}: {error}"
            ) from None
    return False


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


def _duplicate(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def _build(key: PoolKey, here: list[SliceEntry], others: list[SliceEntry], partitioned: bool) -> Pool:
    here.sort(key=lambda entry: entry.name)
    devices = tuple(d for entry in here if not entry.slice.spec.shared_counters for d in entry.devices)
    elsewhere = tuple(d for entry in others if not entry.slice.spec.shared_counters for d in entry.devices)
    twice = _duplicate(entry.device.name for entry in devices)
    if twice is not None:
        return Pool(key, invalid=f"duplicate device name {twice}")
    if not partitioned:
        # Counters say nothing while the feature is off, so they cannot be wrong either.
        return Pool(key, devices)
    sets: dict[str, dict[str, Quantity]] = {}
    for entry in (*here, *others):
        for counter_set in entry.slice.spec.shared_counters:
            if counter_set.name in sets:
                return Pool(key, invalid=f"duplicate counter set name {counter_set.name}")
            values = {name: Quantity.parse(counter.value) for name, counter in counter_set.counters.items()}
            sets[counter_set.name] = values
    for device in (*devices, *elsewhere):
        for use in device.device.consumes_counters:
            known = sets.get(use.counter_set)
            if known is None:
                return Pool(key, invalid=f"counter set {use.counter_set} not found")
            for name in use.counters:
                if name not in known:
                    return Pool(key, invalid=f"counter {name} not found in counter set {use.counter_set}")
    return Pool(key, devices, elsewhere, tuple(sets.items()))


def gather(inventory: Inventory, node: Node, features: Features) -> list[Pool]:
    """The node's pools in upstream's order: by driver and name, those with binding conditions last.

    A pool's generation is the newest in the whole cluster, and its count that of the first slice by name, so that
    neither a stale generation nor the order of events decides (quirks K1 and K2 of dra-semantics 12).
    """
    relevant: dict[PoolKey, list[SliceEntry]] = {}
    for entry in inventory.for_node(node.name):
        if not _ignored(entry, features) and not _unknown(entry, features) and _relevant(entry, node):
            spec = entry.slice.spec
            relevant.setdefault((spec.driver, spec.pool.name), []).append(entry)
    partitioned = PARTITIONABLE_DEVICES in features
    first: list[Pool] = []
    last: list[Pool] = []
    for key in sorted(relevant):
        known = [entry for entry in inventory.of_pool(key) if not _unknown(entry, features)]
        newest = max(entry.slice.spec.pool.generation for entry in known)
        here = [entry for entry in relevant[key] if entry.slice.spec.pool.generation == newest]
        if not here:
            continue
        current = sorted(
            (entry for entry in known if entry.slice.spec.pool.generation == newest), key=lambda e: e.name
        )
        wanted = current[0].slice.spec.pool.resource_slice_count
        if len(current) != wanted:
            first.append(Pool(key, incomplete=f"{len(current)} of {wanted} slices"))
            continue
        names = {entry.name for entry in here}
        pool = _build(key, here, [entry for entry in current if entry.name not in names], partitioned)
        bound = any(entry.device.binding_conditions is not None for entry in pool.devices)
        (last if bound and pool.usable else first).append(pool)
    return first + last
