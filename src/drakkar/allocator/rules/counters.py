"""Partitionable devices: what a partition takes of its pool's shared counters (dra-semantics 3.8).

A counter goes by its position among the pool's, or among those of all pools of a node; amounts are in nano-units.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from drakkar.api.quantity import Quantity
from drakkar.api.resource import Device, DeviceCounterConsumption

CounterName = tuple[str, str]
Uses = tuple[tuple[int, int], ...]
Consumed = tuple[DeviceCounterConsumption, ...]


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


def left_of(published: Mapping[CounterName, int], spent: Iterable[Consumed]) -> tuple[int, ...]:
    """What is left beside the devices in use; less than nothing if they overdraw a counter."""
    left = dict(published)
    for uses in spent:
        for use in uses:
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
