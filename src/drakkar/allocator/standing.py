"""How a pool stands: what of it is in use, as the search needs to know it (dra-semantics 2.1.3, 3.8.2, 3.15.1)."""

from __future__ import annotations

from typing import NamedTuple

from drakkar.allocator.counters import nanos
from drakkar.allocator.ledger import Ledger
from drakkar.allocator.pools import Pool
from drakkar.allocator.terms import Terms

# What the devices on a counter set have in common; None while there is none.
Groups = frozenset[str] | None
# No device's group has an empty name, so that devices without groups can have this one.
NO_GROUPS = frozenset({""})


class Standing(NamedTuple):
    """Sets of devices by position in the pool, and what is left of its counters. Equal standings allow the same."""

    taken: int
    shared: int = 0
    consumed: tuple[tuple[int, tuple[tuple[str, int], ...]], ...] = ()
    left: tuple[int, ...] = ()
    groups: tuple[Groups, ...] = ()


def groups_of(names: tuple[str, ...]) -> frozenset[str]:
    """A device's groups as sets that may be intersected: a device without groups goes with its like only."""
    return frozenset(names) if names else NO_GROUPS


def joined(before: Groups, names: frozenset[str]) -> Groups:
    """What is common once a device with such groups is there too; defined for any two, as slices may change."""
    if before is None:
        return names
    return before if before == NO_GROUPS or names == NO_GROUPS else before & names


class Standings:
    """Reads pools' standings from the ledger."""

    def __init__(self, ledger: Ledger, terms: Terms) -> None:
        self._ledger = ledger
        self._terms = terms

    def simple(self, pool: Pool) -> bool:
        """Whether all there is to say of each device is whether it is taken."""
        return not pool.sets and not any(self._terms.multi(entry) for entry in pool.devices)

    def taken(self, pool: Pool, index: int) -> bool:
        """Whether a device as a whole is not to be had."""
        entry, terms = pool.devices[index], self._terms
        if not terms.shares:
            return self._ledger.in_use(entry.key)
        if terms.quirks.k9_former_shares or terms.multi(entry):
            return self._ledger.dedicated(entry.key)
        # What was given out in shares is nobody's to give away whole.
        return self._ledger.in_use(entry.key)

    def of(self, pool: Pool) -> Standing:
        """How the pool stands now."""
        taken = shared = 0
        consumed: list[tuple[int, tuple[tuple[str, int], ...]]] = []
        for index, entry in enumerate(pool.devices):
            taken |= self.taken(pool, index) << index
            if self._terms.shares and self._ledger.is_shared(entry.key):
                shared |= 1 << index
                amounts = self._ledger.consumed(entry.key)
                consumed.append((index, tuple((name, amounts[name].nanos) for name in sorted(amounts))))
        return Standing(taken, shared, tuple(consumed), *self._counters(pool))

    def _counters(self, pool: Pool) -> tuple[tuple[int, ...], tuple[Groups, ...]]:
        if not pool.sets:
            return (), ()
        left = dict(pool.counters)
        groups: dict[str, Groups] = dict.fromkeys(pool.sets)
        for entry in (*pool.devices, *pool.elsewhere):
            if not entry.device.consumes_counters or not self._ledger.in_use(entry.key):
                continue
            for use in entry.device.consumes_counters:
                if use.counter_set in groups:
                    names = groups_of(use.compatibility_groups)
                    groups[use.counter_set] = joined(groups[use.counter_set], names)
                for name, counter in use.counters.items():
                    if (use.counter_set, name) in left:
                        left[use.counter_set, name] -= nanos(counter.value)
        return tuple(left.values()), tuple(groups.values())
