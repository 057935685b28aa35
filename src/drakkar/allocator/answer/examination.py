"""Everything that stands against one device for one request, each check by itself: what the search would come upon first,
and what it would go on to if that were gone (dra-semantics 3.5 to 3.10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from drakkar.allocator.demand.selection import Selection
from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.node import Node
from drakkar.allocator.objections import (
    AmountImpossible,
    AmountNotHandedOut,
    CapacityGone,
    CapacityMissing,
    CapacityShort,
    CapacityTooSmall,
    CounterShort,
    CounterUnknown,
    DerivedAttributeFails,
    FeatureOff,
    GroupsApart,
    InUse,
    NodeFeatureMissing,
    NoValueToCompare,
    Objection,
    PoolOverdrawn,
    Tainted,
)
from drakkar.allocator.rules import capacity
from drakkar.allocator.rules.constraints import about, admit, compared, rule_of
from drakkar.allocator.rules.counters import CounterName
from drakkar.allocator.rules.derived import DerivedError, compared_value
from drakkar.allocator.rules.groups import groups_of
from drakkar.allocator.rules.requests import Ask
from drakkar.allocator.rules.taints import not_tolerated
from drakkar.allocator.supply.ledger import Ledger
from drakkar.allocator.supply.pool_account import PoolAccount
from drakkar.allocator.supply.pool_usage import PoolUsages
from drakkar.allocator.switches import NODE_FEATURE, Switches
from drakkar.api.features import PARTITIONABLE_DEVICES
from drakkar.api.quantity import Quantity, QuantityError
from drakkar.api.resource import DeviceConstraint

# What an amount comes to where none is refused.
_Taken = dict[str, capacity.Amount]


class Examination:
    """Of the devices of one node, beside what is in use; nothing is chosen yet."""

    def __init__(
        self,
        constraints: Sequence[Sequence[DeviceConstraint]],
        ledger: Ledger,
        selection: Selection,
        node: Node,
        switches: Switches,
    ) -> None:
        """`constraints` are those of each claim."""
        self._constraints = constraints
        self._ledger = ledger
        self._selection = selection
        self._node = node
        self._switches = switches
        self._usages = PoolUsages(ledger, switches)

    def against(self, ask: Ask, entry: DeviceEntry, pool: PoolAccount) -> list[Objection]:
        """All of it, in the search's order; nothing if the request could have the device, were it asked alone."""
        return [
            *self.held(ask, entry),
            *self.unsuitable(ask, entry),
            *self.taints(ask, entry),
            *self.lost(ask, entry, pool),
            *self._room(ask, entry, pool),
            *self._counters(ask, entry, pool),
            *self._incomparable(ask, entry),
        ]

    def held(self, ask: Ask, entry: DeviceEntry) -> Iterator[Objection]:
        """That the device is in use."""
        if not ask.admin and self._usages.held(entry):
            yield InUse(tuple(sorted(self._ledger.holders(entry.key))))

    def unsuitable(self, ask: Ask, entry: DeviceEntry) -> Iterator[Objection]:
        """What makes it no device for the request, whoever has it."""
        yield from self._selection.objections(ask, entry)
        taken = self._taken(ask, entry)
        if isinstance(taken, CapacityMissing):
            yield from (CapacityMissing(name) for name in ask.capacity if name not in entry.device.capacity)
        elif not isinstance(taken, dict):
            yield taken
        yield from self.refused(entry)

    def refused(self, entry: DeviceEntry) -> Iterator[Objection]:
        """What keeps every request from the device."""
        if entry.spec.skip_node_operations and not self._switches.may_skip(self._node):
            yield NodeFeatureMissing(NODE_FEATURE)
        if entry.device.consumes_counters and not self._switches.partitions:
            yield FeatureOff(PARTITIONABLE_DEVICES)

    def taints(self, ask: Ask, entry: DeviceEntry) -> Iterator[Objection]:
        """Its taints, each once."""
        if self._switches.taints:
            yield from map(Tainted, dict.fromkeys(not_tolerated(entry.taints, ask.tolerations)))

    def _taken(
        self, ask: Ask, entry: DeviceEntry
    ) -> _Taken | CapacityMissing | AmountImpossible | AmountNotHandedOut | CapacityTooSmall:
        """What the request takes of each capacity, or why there is no such amount; nothing where nobody keeps count."""
        switches, capacities = self._switches, entry.device.capacity
        if not switches.shares or not (capacities or ask.capacity):
            return {}
        if ask.capacity_fault:
            return AmountImpossible(ask.capacity_fault, ends_call=True)
        try:
            found = capacity.consumption(capacities, ask.capacity, switches.fractional)
        except capacity.UnrepresentableError as error:
            return AmountImpossible(str(error), switches.quirks.k13_unrepresentable)
        except (capacity.NegativeError, QuantityError) as error:
            return AmountImpossible(str(error), ends_call=True)
        if found is None:
            return CapacityMissing("")
        by_field = switches.quirks.k15_default_by_field
        return capacity.unsuitable(capacities, found, switches.fractional, by_field) or found

    def lost(self, ask: Ask, entry: DeviceEntry, pool: PoolAccount) -> Iterator[Objection]:
        """That shares of the device hold what nobody can count any more."""
        for name in [] if ask.admin else self._usages.lost(entry):
            yield from (CapacityGone(name, uid) for uid in pool.sharers(entry.key, name))

    def _room(self, ask: Ask, entry: DeviceEntry, pool: PoolAccount) -> Iterator[Objection]:
        """What is short of its capacity beside the shares of others."""
        if not self._usages.shared_out(entry) or (ask.admin and not self._switches.quirks.k6_admin_pays):
            return
        taken, consumed = self._taken(ask, entry), self._ledger.consumed(entry.key)
        if not isinstance(taken, dict) or not consumed:
            return
        for name, amount in taken.items():
            used = consumed.get(name)
            value = Quantity.parse(entry.device.capacity[name].value)
            if used is not None and amount.quantity + used > value:
                yield CapacityShort(name, amount.quantity, value, used, pool.sharers(entry.key, name))

    def _counters(self, ask: Ask, entry: DeviceEntry, account: PoolAccount) -> Iterator[Objection]:
        """What is short of its pool's counters beside the devices in use."""
        switches, device = self._switches, entry.device
        if not device.consumes_counters or not switches.partitions or not account.pool.usable:
            return
        if switches.multi(entry) and self._ledger.is_shared(entry.key):
            # The first share has paid for all.
            return
        pays = not ask.admin or switches.quirks.k6_admin_pays
        if pays:
            for key in account.unknown:
                yield from (CounterUnknown(key, uid) for uid in account.holders(key))
        if switches.groups:
            for use in device.consumes_counters:
                joint = account.groups.get(use.counter_set)
                if joint is not None and not joint & groups_of(use.compatibility_groups):
                    yield GroupsApart(use.counter_set, account.users_of_set(use.counter_set))
        if pays:
            short = [_short(account, name, needed) for name, needed in needs(entry).items()]
            yield from (one for one in short if one is not None)
            if switches.quirks.k5_overdrawn_counters and not any(short) and account.overdrawn_by():
                yield PoolOverdrawn(account.overdrawn_by())

    def _incomparable(self, ask: Ask, entry: DeviceEntry) -> Iterator[Objection]:
        """Constraints that the device does not meet even alone."""
        for number, constraint in about(self._constraints[ask.claim_index], ask):
            name = compared(constraint)
            try:
                value = compared_value(name, ask.derived.get(name), entry)
            except DerivedError as error:
                yield DerivedAttributeFails(number, name, str(error))
                continue
            if admit(rule_of(constraint, self._switches), (), value) is None:
                yield NoValueToCompare(number, name, value)


def needs(entry: DeviceEntry) -> dict[CounterName, Quantity]:
    """What a device takes of each counter."""
    found: dict[CounterName, Quantity] = {}
    for use in entry.device.consumes_counters:
        for name, counter in use.counters.items():
            slot, amount = (use.counter_set, name), Quantity.parse(counter.value)
            found[slot] = found[slot] + amount if slot in found else amount
    return found


def _short(account: PoolAccount, name: CounterName, needed: Quantity) -> CounterShort | None:
    counter = account.counters[name]
    if needed <= counter.left:
        return None
    missing = Quantity(needed.nanos - counter.left.nanos, needed.family)
    return CounterShort(*name, needed, missing, counter.used, counter.total, tuple(sorted(counter.users)))
