"""Partitionable devices: what a partition takes of its pool's shared counters (dra-semantics 3.8).

A counter goes by its position among the pool's, or among those of all pools of a node; amounts are in nano-units.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from drakkar.allocator.device import DeviceEntry
from drakkar.api.quantity import Quantity
from drakkar.api.resource import Device

CounterName = tuple[str, str]
Uses = tuple[tuple[int, int], ...]


class Short(NamedTuple):
    """A counter has less left than a device needs, by so much."""

    counter: int
    missing: int


def uses_of(device: Device, counters: Mapping[CounterName, int]) -> Uses:
    """What the device takes of each counter it consumes."""
    found: dict[int, int] = {}
    for use in device.consumes_counters:
        for name, counter in use.counters.items():
            position = counters[use.counter_set, name]
            found[position] = found.get(position, 0) + Quantity.parse(counter.value).nanos
    return tuple(found.items())


def left_of(published: Mapping[CounterName, int], allocated: Iterable[DeviceEntry]) -> tuple[int, ...]:
    """What is left beside the allocated devices; less than nothing if they overdraw a counter."""
    left = dict(published)
    for entry in allocated:
        for use in entry.device.consumes_counters:
            for name, counter in use.counters.items():
                if (use.counter_set, name) in left:
                    left[use.counter_set, name] -= Quantity.parse(counter.value).nanos
    return tuple(left.values())


def charge(uses: Uses, used: tuple[int, ...], left: Sequence[int]) -> tuple[int, ...] | Short:
    """What is used once a device is chosen too, or the counter that is short."""
    charged = list(used)
    for counter, amount in uses:
        charged[counter] += amount
        if charged[counter] > left[counter]:
            return Short(counter, charged[counter] - left[counter])
    return tuple(charged)
