"""What of a pool is in use, as the search needs to know it (dra-semantics 2.1.3, 3.8.2, 3.15.1)."""

from __future__ import annotations

from typing import NamedTuple

from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.rules.counters import left_of
from drakkar.allocator.rules.groups import Groups, baseline
from drakkar.allocator.rules.spending import spending
from drakkar.allocator.supply.ledger import Ledger
from drakkar.allocator.supply.pools import Pool
from drakkar.allocator.switches import Switches


class PoolUsage(NamedTuple):
    """Sets of devices by position in the pool, and what is left of its counters. Equal ones allow the same."""

    taken: int
    shared: int = 0
    consumed: tuple[tuple[int, tuple[tuple[str, int], ...]], ...] = ()
    left: tuple[int, ...] = ()
    groups: tuple[Groups, ...] = ()


class PoolUsages:
    """Reads from the ledger what of a pool is in use."""

    def __init__(self, ledger: Ledger, switches: Switches) -> None:
        self._ledger = ledger
        self._switches = switches
        self._former_shares = switches.shares and switches.quirks.k9_former_shares

    def simple(self, pool: Pool) -> bool:
        """Whether all there is to say of each device is whether it is taken."""
        return not pool.sets and not any(self._switches.multi(entry) for entry in pool.devices)

    def taken(self, entry: DeviceEntry) -> bool:
        """Whether a device as a whole is not to be had."""
        if self._former_shares or self._switches.multi(entry):
            return self._ledger.dedicated(entry.key) or bool(self.lost(entry))
        # What was given out in shares is nobody's to give away whole.
        return self._ledger.in_use(entry.key)

    def held(self, entry: DeviceEntry) -> bool:
        """Whether that is because claims have it, and not because of what nobody can count."""
        if self.shared_out(entry):
            return self._ledger.dedicated(entry.key)
        return self._ledger.in_use(entry.key)

    def shared_out(self, entry: DeviceEntry) -> bool:
        """Whether who has shares of the device leaves the rest of it to others."""
        return self._former_shares or self._switches.multi(entry)

    def lost(self, entry: DeviceEntry) -> list[str]:
        """The capacities of which shares hold some and which the device has no longer, so that nobody can count."""
        if self._switches.quirks.k21_gone_devices or not self.shared_out(entry):
            return []
        amounts = self._ledger.consumed(entry.key)
        return [name for name in sorted(amounts) if amounts[name].nanos and name not in entry.device.capacity]

    def of(self, pool: Pool) -> PoolUsage:
        """What of the pool is in use now."""
        taken = shared = 0
        consumed: list[tuple[int, tuple[tuple[str, int], ...]]] = []
        for index, entry in enumerate(pool.devices):
            taken |= self.taken(entry) << index
            if self._switches.shares and self._ledger.is_shared(entry.key):
                shared |= 1 << index
                amounts = self._ledger.consumed(entry.key)
                consumed.append((index, tuple((name, amounts[name].nanos) for name in sorted(amounts))))
        return PoolUsage(taken, shared, tuple(consumed), *self._counters(pool))

    def _counters(self, pool: Pool) -> tuple[tuple[int, ...], tuple[Groups, ...]]:
        if not pool.sets:
            return (), ()
        entries = (*pool.devices, *pool.elsewhere)
        found = spending(pool.key, entries, pool.counters, self._ledger, self._switches.quirks)
        spent = [uses for _, uses in found.uses]
        left = left_of(pool.counters, spent)
        if found.unknown:
            # Whatever it is that they take: nothing is left that may be given away.
            left = tuple(min(amount, -1) for amount in left)
        return left, baseline(pool.sets, spent)
