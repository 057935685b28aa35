"""What devices in use take of their pool's counters: as published, as remembered, or nobody knows (quirk K21)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from drakkar.allocator.compat import Quirks
from drakkar.allocator.device import DeviceEntry, DeviceKey
from drakkar.api.quantity import Quantity, QuantityError
from drakkar.api.resource import Counter, DeviceCounterConsumption

Uses = tuple[DeviceCounterConsumption, ...]


class Memory(Protocol):
    """What a ledger knows of devices in use."""

    def in_use(self, key: DeviceKey) -> bool:
        """Whether some claim has the device or a share of it."""

    def in_pool(self, pool: tuple[str, str]) -> Iterable[DeviceKey]:
        """The devices of a pool that are in use."""

    def took(self, key: DeviceKey) -> Uses | None:
        """The most that a device consumed as it was published before; None where that is not known."""


class Spending(NamedTuple):
    """The devices of a pool that are in use with what they consume, and those of which that is not known."""

    uses: tuple[tuple[DeviceKey, Uses], ...]
    unknown: tuple[DeviceKey, ...] = ()


def _amounts(uses: Uses) -> dict[tuple[str, str], Quantity]:
    found: dict[tuple[str, str], Quantity] = {}
    for use in uses:
        for name, counter in use.counters.items():
            slot, amount = (use.counter_set, name), Quantity.parse(counter.value)
            found[slot] = found[slot] + amount if slot in found else amount
    return found


def most(one: Uses, other: Uses) -> Uses:
    """The larger amount of each counter, with the compatibility groups of both; QuantityError for what is no amount."""
    if not one or one == other:
        return other
    amounts = _amounts(one)
    for slot, amount in _amounts(other).items():
        amounts[slot] = max(amount, amounts.get(slot, amount))
    counters: dict[str, dict[str, Counter]] = {}
    for (counter_set, name), amount in amounts.items():
        counters.setdefault(counter_set, {})[name] = Counter(value=amount.format())
    groups = dict.fromkeys((use.counter_set, use.compatibility_groups) for use in (*one, *other))
    return tuple(
        DeviceCounterConsumption(
            # The first entry of a set has its amounts; any other is there for its groups.
            counter_set=name,
            counters=counters.pop(name, {}),
            compatibility_groups=names,
        )
        for name, names in groups
    )


def spending(
    pool: tuple[str, str],
    entries: Iterable[DeviceEntry],
    counters: Mapping[tuple[str, str], int],
    memory: Memory,
    quirks: Quirks,
) -> Spending:
    """What the devices in use of a pool consume that publishes `entries` and `counters`.

    A device that is not published consumes what is remembered of it. That is not known where nothing is remembered, or
    where the pool does not publish the counters any more of which it took; nor where an amount cannot be read.
    """
    if quirks.k21_gone_devices:
        held = (entry for entry in entries if entry.device.consumes_counters and memory.in_use(entry.key))
        return Spending(tuple((entry.key, entry.device.consumes_counters) for entry in held))
    gone = dict.fromkeys(memory.in_pool(pool))
    uses: list[tuple[DeviceKey, Uses]] = []
    unknown: list[DeviceKey] = []
    for entry in entries:
        if entry.key in gone:
            del gone[entry.key]
            published = entry.device.consumes_counters
            try:
                uses.append((entry.key, most(memory.took(entry.key) or (), published)))
            except QuantityError:
                unknown.append(entry.key)
    for key in sorted(gone):
        remembered = memory.took(key)
        if remembered is None or not _counted(remembered, counters):
            unknown.append(key)
        else:
            uses.append((key, remembered))
    return Spending(tuple(uses), tuple(unknown))


def _counted(uses: Uses, counters: Mapping[tuple[str, str], int]) -> bool:
    try:
        return all(slot in counters for slot in _amounts(uses))
    except QuantityError:
        return False
