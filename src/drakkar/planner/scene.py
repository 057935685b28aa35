"""One node as the explainer looks at it: every device of its pools, and all that stands against it for each request."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from drakkar.allocator import DeviceKey, Inventory, Ledger, Node
from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.rules.derived import DerivedError
from drakkar.allocator.supply.pools import Pool
from drakkar.allocator.switches import Switches as Terms
from drakkar.api.resource import ResourceClaim
from drakkar.planner.books import Books
from drakkar.planner.objections import Objection, Objections
from drakkar.planner.obstacles import Obstacle, Rank
from drakkar.planner.parts import Part, parts
from drakkar.planner.smallest import Clause


class Stance(NamedTuple):
    """How a device stands to each request, in the requests' order."""

    entry: DeviceEntry
    pool: Pool
    against: tuple[list[Objection], ...]

    def clauses(self, position: int) -> tuple[Clause, ...]:
        """The objections to it for one request, that its pool is not to be used among them."""
        made = [Clause(one.lifts, one.passes_over, one.about) for one in self.against[position]]
        if not self.pool.usable:
            made.insert(0, Clause(frozenset({Obstacle(Rank.POOL, subject=self.pool.key)})))
        return tuple(made)


class Scene:
    """See the module. `offered` are the devices of usable pools, `stances` all of them."""

    def __init__(
        self,
        inventory: Inventory,
        ledger: Ledger,
        terms: Terms,
        claims: Sequence[ResourceClaim],
        node: Node,
        pools: Sequence[Pool],
    ) -> None:
        self.claims = claims
        self.node = node
        self.pools = pools
        self.parts = parts(claims)
        self.books = Books(ledger, terms.quirks)
        self.objections = Objections(inventory, ledger, node, terms, self.books)
        self._ledger = ledger
        self._terms = terms
        self.stances = [
            Stance(entry, pool, tuple(self.objections.against(part, entry, pool) for part in self.parts))
            for pool in pools
            for slice_ in pool.slices
            for entry in slice_.devices
        ]
        self.offered = [stance for stance in self.stances if stance.pool.usable]
        self.held = self.books.holders(pools)
        self._by_key: dict[DeviceKey, Stance] = {}

    def usable(self, position: int) -> list[DeviceEntry]:
        """The devices that would do for a request by themselves."""
        return [stance.entry for stance in self.offered if not stance.against[position]]

    def trait(self, entry: DeviceEntry) -> Hashable:
        """What of a device matters beside what stands against it: equal for devices that can stand in for each other."""
        device = entry.device
        return (
            tuple(self._value(part, entry) for part in self.parts if part.claim.spec.devices.constraints),
            # Equal capacities of one inventory are one object.
            id(device.capacity) if device.capacity else 0,
            self._terms.multi(entry),
            tuple(
                (
                    use.counter_set,
                    use.compatibility_groups,
                    tuple((n, c.value) for n, c in use.counters.items()),
                )
                for use in device.consumes_counters
            ),
            self._consumed(entry.key),
        )

    def _value(self, part: Part, entry: DeviceEntry) -> Hashable:
        found: list[Hashable] = []
        for _, constraint in part.constraints():
            try:
                found.append(self.objections.value(part, constraint, entry))
            except DerivedError:
                found.append("fails")
        return tuple(found)

    def _consumed(self, key: DeviceKey) -> Hashable:
        consumed = self._ledger.consumed(key)
        return tuple((name, consumed[name].nanos) for name in sorted(consumed)) if consumed else ()

    def holding(self, uid: str) -> Hashable:
        """What a claim has here: equal for claims of which one may give back its devices in place of the other."""
        if not self._by_key:
            self._by_key.update((stance.entry.key, stance) for stance in self.stances)
        me = Obstacle(Rank.HOLDER, subject=uid)
        found: list[Hashable] = []
        for key in self.held[uid]:
            stance = self._by_key.get(key)
            if stance is None:
                # On another node, where it uses counters.
                return uid
            against = tuple(
                tuple(
                    clause.about or frozenset("*" if one == me else one for one in clause.lifts)
                    for clause in stance.clauses(position)
                )
                for position in range(len(self.parts))
            )
            pool = stance.pool.key if stance.entry.device.consumes_counters else None
            shares = tuple(
                (one.share_id is None, tuple(sorted(one.consumed_capacity.items())))
                for one in self.books.results(uid)
                if (one.driver, one.pool, one.device) == key
            )
            found.append((self.trait(stance.entry), against, pool, shares))
        return tuple(sorted(found, key=repr)) if len(found) > 1 else tuple(found)
