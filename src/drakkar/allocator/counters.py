"""Partitionable devices: what a partition takes of its pool's shared counters (dra-semantics 3.8).

Only the counters that a device itself consumes are looked at: one that others have overdrawn does not block it (quirk
K5 of section 12), and admin access takes nothing (K6).
"""

from __future__ import annotations

from collections.abc import Mapping

from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.inventory import PoolKey
from drakkar.allocator.ledger import Ledger
from drakkar.allocator.pools import Pool
from drakkar.api.quantity import Quantity

CounterName = tuple[str, str]
# By pool, what the devices chosen so far take; never changed, only replaced.
Used = Mapping[PoolKey, Mapping[CounterName, Quantity]]
_NOTHING = Quantity(0)


def consumes(entry: DeviceEntry) -> dict[CounterName, Quantity]:
    """What the device takes, by counter set and counter."""
    return {
        (use.counter_set, name): Quantity.parse(counter.value)
        for use in entry.device.consumes_counters
        for name, counter in use.counters.items()
    }


def available(pool: Pool, ledger: Ledger) -> dict[CounterName, Quantity]:
    """What is left of a pool's counters beside the allocated devices; less than nothing if they overdraw it."""
    left = {(set_name, name): value for set_name, values in pool.counters for name, value in values.items()}
    for entry in (*pool.devices, *pool.elsewhere):
        if entry.device.consumes_counters and ledger.in_use(entry.key):
            for counter, amount in consumes(entry).items():
                if counter in left:
                    left[counter] = left[counter] - amount
    return left


class Counters:
    """The counters of a node's pools, computed at the first device of a pool that needs them."""

    def __init__(self, pools: Mapping[PoolKey, Pool], ledger: Ledger) -> None:
        self._pools = pools
        self._ledger = ledger
        self._available: dict[PoolKey, dict[CounterName, Quantity]] = {}

    def take(self, used: Used, entry: DeviceEntry) -> Used | str:
        """What is used once the device is chosen too; the counter that is short, in words, when it cannot be."""
        pool: PoolKey = (entry.key.driver, entry.key.pool)
        left = self._available.get(pool)
        if left is None:
            left = self._available[pool] = available(self._pools[pool], self._ledger)
        mine = dict(used.get(pool, {}))
        for counter, amount in consumes(entry).items():
            total = mine.get(counter, _NOTHING) + amount
            if total > left.get(counter, _NOTHING):
                short = (total - left.get(counter, _NOTHING)).format()
                return (
                    f"counter {counter[0]}/{counter[1]}: {amount.format()} needed, {short} more than is left"
                )
            mine[counter] = total
        return {**used, pool: mine}
