"""What there is to hand out: slices, classes and taint rules, updated per event and never rebuilt."""

from __future__ import annotations

import weakref
from collections.abc import Hashable, Iterable, Iterator
from typing import Protocol, TypeVar

from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.supply.journal import Journal
from drakkar.allocator.supply.sharing import Sharing, unread_amount
from drakkar.api.resource import Device, DeviceClass, DeviceTaint, DeviceTaintRule, ResourceSlice

PoolKey = tuple[str, str]
# Of which pool a slice changed, and the one node it is for; an empty name stands for any node.
Change = tuple[PoolKey, str]
K = TypeVar("K", bound=Hashable)


class Books(Protocol):
    """Who must know what devices were before they changed."""

    def dropped(self, entries: Iterable[DeviceEntry]) -> None:
        """These devices are no longer published, or not as they were."""


class SliceEntry:
    """A slice with its devices; built anew when the slice, or a taint rule that selects in it, changes.

    `readable` says that every attribute and amount in it has a value. Devices with amounts that have none are as good as
    not there; `faults` says so.
    """

    __slots__ = ("devices", "faults", "name", "readable", "slice")

    def __init__(self, slice_: ResourceSlice, rules: Iterable[DeviceTaintRule], readable: bool) -> None:
        self.slice = slice_
        self.name = slice_.metadata.name
        self.readable = readable
        rules = [rule for rule in rules if _may_select(rule, slice_)]
        spec = slice_.spec
        self.faults: tuple[str, ...] = ()
        devices = spec.devices
        if not readable:
            wrong = {device.name: why for device in devices if (why := unread_amount(device)) is not None}
            self.faults = tuple(f"device {name}: {why}" for name, why in wrong.items())
            devices = tuple(device for device in devices if unread_amount(device) is None)
        self.devices = [
            DeviceEntry(device, spec, (*device.taints, *_taints(rules, device))) for device in devices
        ]


def _may_select(rule: DeviceTaintRule, slice_: ResourceSlice) -> bool:
    # An absent selector selects nothing, an empty one everything (dra-semantics 6.1.4).
    selector = rule.spec.device_selector
    if selector is None:
        return False
    return selector.driver in (None, slice_.spec.driver) and selector.pool in (None, slice_.spec.pool.name)


def _taints(rules: Iterable[DeviceTaintRule], device: Device) -> Iterator[DeviceTaint]:
    for rule in rules:
        selector = rule.spec.device_selector
        if selector is not None and selector.device in (None, device.name):
            yield rule.spec.taint


def _drop(index: dict[K, dict[str, SliceEntry]], key: K, name: str) -> None:
    group = index[key]
    del group[name]
    if not group:
        del index[key]


class Inventory:
    """Slices indexed by node and pool, classes and rules by name."""

    def __init__(self) -> None:
        self._slices: dict[str, SliceEntry] = {}
        self._by_node: dict[str, dict[str, SliceEntry]] = {}
        self._shared: dict[str, SliceEntry] = {}
        self._by_pool: dict[PoolKey, dict[str, SliceEntry]] = {}
        self._rules: dict[str, DeviceTaintRule] = {}
        self._sharing = Sharing()
        self.classes: dict[str, DeviceClass] = {}
        # Counts the changes of classes, on which every request depends.
        self.classes_version = 0
        self.changes: Journal[Change] = Journal()
        self._books: weakref.WeakSet[Books] = weakref.WeakSet()

    def keep_books(self, books: Books) -> None:
        """From now on, say what is no longer published as it was; whoever is gone is not told."""
        self._books.add(books)

    def set_slice(self, slice_: ResourceSlice) -> tuple[str, ...]:
        """Take in a new or changed slice; what of it cannot be read and is as good as not there."""
        self.remove_slice(slice_.metadata.name)
        entry = SliceEntry(slice_, self._ordered_rules(), self._sharing.share(slice_))
        self._insert(entry)
        return entry.faults

    def remove_slice(self, name: str) -> None:
        """Forget a slice; one that is not known is no error."""
        entry = self._slices.pop(name, None)
        if entry is None:
            return
        spec = entry.slice.spec
        if spec.node_name:
            _drop(self._by_node, spec.node_name, name)
        else:
            del self._shared[name]
        _drop(self._by_pool, (spec.driver, spec.pool.name), name)
        for books in self._books:
            books.dropped(entry.devices)
        self._changed(entry)

    def _insert(self, entry: SliceEntry) -> None:
        spec = entry.slice.spec
        self._slices[entry.name] = entry
        home = self._by_node.setdefault(spec.node_name, {}) if spec.node_name else self._shared
        home[entry.name] = entry
        self._by_pool.setdefault((spec.driver, spec.pool.name), {})[entry.name] = entry
        self._changed(entry)

    def _changed(self, entry: SliceEntry) -> None:
        spec = entry.slice.spec
        self.changes.add(((spec.driver, spec.pool.name), spec.node_name or ""))

    def set_class(self, class_: DeviceClass) -> None:
        """Take in a new or changed class."""
        self.classes[class_.metadata.name] = class_
        self.classes_version += 1

    def remove_class(self, name: str) -> None:
        """Forget a class."""
        self.classes.pop(name, None)
        self.classes_version += 1

    def set_rule(self, rule: DeviceTaintRule) -> None:
        """Take in a new or changed taint rule; the slices that the old or the new one selects are patched."""
        before = self._rules.get(rule.metadata.name)
        self._rules[rule.metadata.name] = rule
        self._patch([rule] if before is None else [before, rule])

    def remove_rule(self, name: str) -> None:
        """Forget a taint rule."""
        before = self._rules.pop(name, None)
        if before is not None:
            self._patch([before])

    def _patch(self, rules: list[DeviceTaintRule]) -> None:
        touched = [e for e in self._slices.values() if any(_may_select(rule, e.slice) for rule in rules)]
        for entry in touched:
            self._insert(SliceEntry(entry.slice, self._ordered_rules(), entry.readable))

    def _ordered_rules(self) -> list[DeviceTaintRule]:
        # By name, so that the order of events shows in no answer.
        return [self._rules[name] for name in sorted(self._rules)]

    def for_node(self, name: str) -> list[SliceEntry]:
        """The slices that may matter to a node: its own, then those not bound to one node, each as they came."""
        return [*self._by_node.get(name, {}).values(), *self._shared.values()]

    def slices(self) -> Iterable[SliceEntry]:
        """Every slice, as they came."""
        return self._slices.values()

    def of_pool(self, key: PoolKey) -> Iterable[SliceEntry]:
        """Every slice of a pool in the whole cluster."""
        return self._by_pool.get(key, {}).values()

    def find(self, driver: str, pool: str, device: str) -> DeviceEntry | None:
        """A device by its name in the newest generation of its pool."""
        entries = list(self.of_pool((driver, pool)))
        newest = max((entry.slice.spec.pool.generation for entry in entries), default=0)
        for entry in entries:
            if entry.slice.spec.pool.generation == newest:
                for found in entry.devices:
                    if found.device.name == device:
                        return found
        return None
