"""Who uses what on a node: which claims have which devices, and how much of each counter and capacity is used by whom."""

from __future__ import annotations

from collections.abc import Sequence

from drakkar.allocator import DeviceKey, Ledger
from drakkar.allocator.counters import CounterName
from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.groups import Groups, baseline
from drakkar.allocator.pools import Pool
from drakkar.api.quantity import Quantity
from drakkar.api.resource import DeviceRequestAllocationResult

_ZERO = Quantity(0)


class PoolBooks:
    """The counters of one pool: what there is, what is used, and by which claims, by uid."""

    def __init__(self, pool: Pool, ledger: Ledger) -> None:
        self.totals: dict[CounterName, Quantity] = {}
        self.used: dict[CounterName, Quantity] = dict.fromkeys(pool.counters, _ZERO)
        self.users: dict[CounterName, dict[str, Quantity]] = {name: {} for name in pool.counters}
        for name, nanos in pool.counters.items():
            self.totals[name] = Quantity(nanos)
        allocated = [
            entry
            for entry in (*pool.devices, *pool.elsewhere)
            if entry.device.consumes_counters and ledger.in_use(entry.key)
        ]
        self.groups: dict[str, Groups] = dict(zip(pool.sets, baseline(pool.sets, allocated), strict=True))
        for entry in allocated:
            self._add(entry, ledger)

    def _add(self, entry: DeviceEntry, ledger: Ledger) -> None:
        holders = sorted(ledger.holders(entry.key))
        for use in entry.device.consumes_counters:
            for name, counter in use.counters.items():
                slot = (use.counter_set, name)
                if slot not in self.used:
                    continue
                amount = Quantity.parse(counter.value)
                self.totals[slot] = Quantity(self.totals[slot].nanos, amount.family)
                self.used[slot] = amount + self.used[slot]
                for uid in holders:
                    self.users[slot][uid] = amount + self.users[slot].get(uid, _ZERO)

    def users_of_set(self, name: str) -> dict[str, None]:
        """The claims that use any counter of a set."""
        return {uid: None for slot, users in self.users.items() if slot[0] == name for uid in users}


class Books:
    """For the pools of one node, kept from one question to the next."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._pools: dict[Pool, PoolBooks] = {}

    def of(self, pool: Pool) -> PoolBooks:
        """A pool's counters."""
        found = self._pools.get(pool)
        if found is None:
            found = self._pools[pool] = PoolBooks(pool, self._ledger)
        return found

    def results(self, uid: str) -> tuple[DeviceRequestAllocationResult, ...]:
        """What a claim holds, admin access aside."""
        return self._ledger.of_claim(uid)

    def sharers(self, key: DeviceKey, capacity: str) -> list[str]:
        """The claims that consume some of a device's capacity."""
        return [
            uid
            for uid in sorted(self._ledger.holders(key))
            if any(
                capacity in result.consumed_capacity and (result.driver, result.pool, result.device) == key
                for result in self.results(uid)
            )
        ]

    def holders(self, pools: Sequence[Pool]) -> dict[str, list[DeviceKey]]:
        """Every claim that has something of these pools, by uid, and what it has there."""
        found: dict[str, list[DeviceKey]] = {}
        for pool in pools:
            entries = [entry for slice_ in pool.slices for entry in slice_.devices]
            for entry in (*entries, *pool.elsewhere):
                if self._ledger.in_use(entry.key):
                    for uid in sorted(self._ledger.holders(entry.key)):
                        found.setdefault(uid, []).append(entry.key)
        return found
