"""Equal parts of devices are kept once: a cluster has many devices and few kinds of them."""

from __future__ import annotations

from collections.abc import Sized
from typing import Final

import msgspec

from drakkar.allocator.device import NoValueError, attribute_value
from drakkar.api.quantity import Quantity, QuantityError
from drakkar.api.resource import (
    Device,
    DeviceAttribute,
    DeviceCapacity,
    DeviceCounterConsumption,
    ResourceSlice,
)
from drakkar.api.semver import VersionError

_KEPT: Final = 65_536


class Sharing:
    """What was seen lately. Forgetting it costs memory only: what is equal stays equal."""

    def __init__(self) -> None:
        self._attributes: dict[DeviceAttribute, DeviceAttribute] = {}
        self._capacities: dict[bytes, dict[str, DeviceCapacity]] = {}
        self._consumptions: dict[bytes, tuple[DeviceCounterConsumption, ...]] = {}
        self._uncounted: set[bytes] = set()
        self._names: dict[str, str] = {}
        # Attributes without a value that can be read, which no cluster has unless something went wrong.
        self._unreadable: set[DeviceAttribute] = set()

    def share(self, slice_: ResourceSlice) -> bool:
        """Replace parts of the slice's devices by equal ones that others have too; nothing that shows changes.

        The answer is whether all of them can be read.
        """
        self._bound()
        known, names = self._attributes, self._names
        readable = True
        for device in slice_.spec.devices:
            if device.attributes:
                shared: dict[str, DeviceAttribute] = {}
                for name, value in device.attributes.items():
                    found = known.get(value)
                    if found is None:
                        found = known[value] = value
                        if not _readable(value):
                            self._unreadable.add(value)
                    shared[names.setdefault(name, name)] = found
                msgspec.structs.force_setattr(device, "attributes", shared)
                if self._unreadable:
                    readable &= self._unreadable.isdisjoint(shared.values())
            if device.capacity:
                readable &= self._share_capacity(device)
            if device.consumes_counters:
                key = msgspec.json.encode(device.consumes_counters)
                uses = self._consumptions.get(key)
                if uses is None:
                    uses = self._consumptions[key] = device.consumes_counters
                    if unread_amount(device) is not None:
                        self._uncounted.add(key)
                msgspec.structs.force_setattr(device, "consumes_counters", uses)
                readable &= key not in self._uncounted
        return readable

    def _share_capacity(self, device: Device) -> bool:
        key = msgspec.json.encode(device.capacity)
        found = self._capacities.setdefault(key, device.capacity)
        msgspec.structs.force_setattr(device, "capacity", found)
        try:
            for capacity in found.values():
                Quantity.parse(capacity.value)
                if capacity.request_policy is not None:
                    return unread_amount(device) is None
        except QuantityError:
            return False
        return True

    def _bound(self) -> None:
        tables: tuple[Sized, ...] = (
            self._attributes,
            self._capacities,
            self._consumptions,
            self._names,
        )
        if sum(len(table) for table in tables) > _KEPT:
            self._attributes.clear()
            self._capacities.clear()
            self._consumptions.clear()
            self._uncounted.clear()
            self._names.clear()
            self._unreadable.clear()


def _readable(attribute: DeviceAttribute) -> bool:
    try:
        attribute_value(attribute)
    except (NoValueError, VersionError):
        return False
    return True


def unread_amount(device: Device) -> str | None:
    """What amount of a device's capacities, policies and counters is none; None if all can be read."""
    where = ""
    try:
        for name, capacity in device.capacity.items():
            where = f"capacity {name}"
            Quantity.parse(capacity.value)
            policy = capacity.request_policy
            if policy is None:
                continue
            bounds = policy.valid_range
            limits = (bounds.min, bounds.max, bounds.step) if bounds is not None else ()
            for text in (policy.default, *policy.valid_values, *limits):
                if text is not None:
                    Quantity.parse(text)
        for use in device.consumes_counters:
            for name, counter in use.counters.items():
                where = f"counter {use.counter_set}/{name}"
                Quantity.parse(counter.value)
    except QuantityError as error:
        return f"{where}: {error}"
    return None
