"""When devices, and claims that have some, can stand in for each other: what is tried with one need not be tried with another."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from drakkar.allocator import DeviceKey, Ledger
from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.rules.constraints import about, compared
from drakkar.allocator.rules.derived import DerivedError, compared_value
from drakkar.api.object import Uid
from drakkar.planner.why.clauses import clauses
from drakkar.planner.why.node_report import ExaminedDevice, NodeReport
from drakkar.planner.why.obstacles import Obstacle, Rank


class Interchange:
    """On one node. `holdings` are the claims that have some of its devices."""

    def __init__(
        self, report: NodeReport, ledger: Ledger, holdings: Mapping[Uid, Sequence[DeviceKey]]
    ) -> None:
        self._report = report
        self._ledger = ledger
        self._holdings = holdings
        self._by_key: dict[DeviceKey, ExaminedDevice] = {}

    def device(self, one: ExaminedDevice) -> Hashable:
        """What of a device matters beside what stands against it: equal for devices that can stand in for each other."""
        device = one.entry.device
        return (
            self._values(one.entry),
            # Equal capacities of one inventory are one object.
            id(device.capacity) if device.capacity else 0,
            bool(device.allow_multiple_allocations),
            tuple(
                (
                    use.counter_set,
                    use.compatibility_groups,
                    tuple((n, c.value) for n, c in use.counters.items()),
                )
                for use in device.consumes_counters
            ),
            one.account.consumed(one.entry.key),
        )

    def _values(self, entry: DeviceEntry) -> tuple[Hashable, ...]:
        """What the constraints look at."""
        found: list[Hashable] = []
        for ask in self._report.asks:
            for _, constraint in about(self._report.claims[ask.claim_index].spec.devices.constraints, ask):
                name = compared(constraint)
                try:
                    found.append(compared_value(name, ask.derived.get(name), entry))
                except DerivedError:
                    found.append("fails")
        return tuple(found)

    def holder(self, uid: Uid) -> Hashable:
        """What a claim has here: equal for claims of which one may give back its devices in place of the other."""
        if not self._by_key:
            self._by_key.update((one.entry.key, one) for one in self._report.devices)
        me = Obstacle(Rank.HOLDER, subject=uid)
        found: list[Hashable] = []
        for key in self._holdings[uid]:
            one = self._by_key.get(key)
            if one is None:
                # On another node, where it uses counters.
                return uid
            against = tuple(
                tuple(
                    clause.about or frozenset("*" if other == me else other for other in clause.lifts)
                    for clause in clauses(one, ask)
                )
                for ask in self._report.asks
            )
            pool = one.account.pool.key if one.entry.device.consumes_counters else None
            shares = tuple(
                (result.share_id is None, tuple(sorted(result.consumed_capacity.items())))
                for result in self._ledger.of_claim(uid)
                if (result.driver, result.pool, result.device) == key
            )
            found.append((self.device(one), against, pool, shares))
        return tuple(sorted(found, key=repr)) if len(found) > 1 else tuple(found)
