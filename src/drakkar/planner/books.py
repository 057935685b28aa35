"""Who uses what on a node: which claims have which devices, and how much of each counter and capacity is used by whom."""

from __future__ import annotations

from collections.abc import Sequence

from drakkar.allocator import DeviceKey, Ledger
from drakkar.allocator.compat import Quirks
from drakkar.allocator.rules.counters import CounterName
from drakkar.allocator.rules.groups import Groups, baseline
from drakkar.allocator.rules.spending import Uses, spending
from drakkar.allocator.supply.pools import Pool
from drakkar.api.quantity import Quantity
from drakkar.api.resource import DeviceRequestAllocationResult

_ZERO = Quantity(0)


class PoolBooks:
    """The counters of one pool: what there is, what is used, and by which claims, by uid."""

    def __init__(self, pool: Pool, ledger: Ledger, quirks: Quirks) -> None:
        self.totals: dict[CounterName, Quantity] = {}
        self.used: dict[CounterName, Quantity] = dict.fromkeys(pool.counters, _ZERO)
        self.users: dict[CounterName, dict[str, Quantity]] = {name: {} for name in pool.counters}
        for name, nanos in pool.counters.items():
            self.totals[name] = Quantity(nanos)
        entries = (*pool.devices, *pool.elsewhere)
        found = spending(pool.key, entries, pool.counters, ledger, quirks)
        self.groups: dict[str, Groups] = dict(
            zip(pool.sets, baseline(pool.sets, (uses for _, uses in found.uses)), strict=True)
        )
        # Devices in use that nobody can say of what they take, each with who has it.
        self.unknown = {key: sorted(ledger.holders(key)) for key in found.unknown}
        for key, uses in found.uses:
            self._add(sorted(ledger.holders(key)), uses)

    def _add(self, holders: Sequence[str], uses: Uses) -> None:
        for use in uses:
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

    def __init__(self, ledger: Ledger, quirks: Quirks) -> None:
        self.ledger = ledger
        self._quirks = quirks
        self._pools: dict[Pool, PoolBooks] = {}

    def of(self, pool: Pool) -> PoolBooks:
        """A pool's counters."""
        found = self._pools.get(pool)
        if found is None:
            found = self._pools[pool] = PoolBooks(pool, self.ledger, self._quirks)
        return found

    def results(self, uid: str) -> tuple[DeviceRequestAllocationResult, ...]:
        """What a claim holds, admin access aside."""
        return self.ledger.of_claim(uid)

    def sharers(self, key: DeviceKey, capacity: str) -> list[str]:
        """The claims that consume some of a device's capacity."""
        return [
            uid
            for uid in sorted(self.ledger.holders(key))
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
            keys = dict.fromkeys(entry.key for entry in (*entries, *pool.elsewhere))
            if pool.sets:
                # What is no longer published may use counters.
                keys |= dict.fromkeys(sorted(self.ledger.in_pool(pool.key)))
            for key in keys:
                if self.ledger.in_use(key):
                    for uid in sorted(self.ledger.holders(key)):
                        found.setdefault(uid, []).append(key)
        return found
