"""What a device is to a call, whatever its name: devices of one kind can stand in for each other.

A kind says of each request (by a bit at the request's index) whether it may choose the device, and of the device what
the search has to keep count of. Nothing in it depends on what is in use.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

from drakkar.allocator.demand.effort import Effort
from drakkar.allocator.demand.reading import Reading
from drakkar.allocator.demand.selection import Selection
from drakkar.allocator.demand.verdicts import Verdicts
from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.node import Node
from drakkar.allocator.rules import capacity
from drakkar.allocator.rules.constraints import Rule, applies, compared, rule_of
from drakkar.allocator.rules.counters import CounterName, Uses, uses_of
from drakkar.allocator.rules.derived import DerivedError, compared_value
from drakkar.allocator.rules.groups import Memberships, groups_of
from drakkar.allocator.rules.requests import Ask, Plan
from drakkar.allocator.rules.taints import not_tolerated
from drakkar.allocator.supply.inventory import SliceEntry
from drakkar.allocator.supply.pools import Pool
from drakkar.allocator.switches import Switches
from drakkar.api.quantity import Quantity
from drakkar.api.resource import Device, DeviceAttribute, DeviceCapacity
from drakkar.cel import Selector, compile

# By capacity name, in nano-units.
Amounts = tuple[tuple[str, int], ...]
# A constraint's view of a device: a value, none, or that asking for one ends the call.
Value = DeviceAttribute | str | None
FAILS = "fails"
_REMEMBERED = 16_384


class Source(NamedTuple):
    """Where a constraint's values come from: a published attribute, or an expression that wins over it."""

    attribute: str
    expression: str | None


class Kind(NamedTuple):
    """See the module; `uses` and `groups` name counters and counter sets by their position in the pool."""

    fits: int
    fails: int
    refused: bool
    untolerated: int
    multi: bool
    values: tuple[Value, ...]
    # What each request takes of the device, and what there is to take; both empty where nobody keeps count.
    amounts: tuple[Amounts, ...]
    room: Amounts
    uses: Uses
    groups: Memberships


class Scope(NamedTuple):
    """One constraint of a claim: how it judges, and from which source for each request it is about, by index."""

    rule: Rule
    sources: Mapping[int, int]


def scopes_of(plan: Plan, switches: Switches) -> tuple[list[list[Scope]], list[Source]]:
    """The constraints by claim, and the sources they draw on."""
    sources: dict[Source, int] = {}
    by_claim: list[list[Scope]] = []
    for claim in plan.claims:
        scopes: list[Scope] = []
        asks = [ask for wish in claim.wishes for ask in wish.asks]
        for constraint in claim.constraints:
            name = compared(constraint)
            about = {
                ask.index: sources.setdefault(Source(name, ask.derived.get(name)), len(sources))
                for ask in asks
                if applies(constraint, ask)
            }
            scopes.append(Scope(rule_of(constraint, switches), about))
        by_claim.append(scopes)
    return by_claim, list(sources)


class _Around(NamedTuple):
    """What of a pool and a node bears on the kinds of its devices: counters and sets by position, and whether devices
    may be chosen whose node operations are to be skipped."""

    selection: Selection
    skips: bool
    counters: Mapping[CounterName, int]
    sets: Mapping[str, int]


class Kinds:
    """Finds the kinds of devices for one call's requests; equal kinds are one object with one number."""

    def __init__(
        self, plan: Plan, sources: Sequence[Source], switches: Switches, effort: Effort | None = None
    ) -> None:
        self._plan = plan
        self._sources = sources
        self.switches = switches
        self.verdicts = Verdicts(multiple_counts=not switches.stable, effort=effort)
        self._wants_capacity = any(ask.capacity for ask in plan.asks)
        self._numbers: dict[Kind, int] = {}
        self._readings: dict[str, Reading] = {}
        self._pools: dict[Hashable, int] = {}
        self._seen: dict[tuple[object, ...], tuple[int, list[object] | None]] = {}
        self.all: list[Kind] = []
        # By request and capacities, which are shared objects: what is taken, None where the device will not do.
        self._taken: dict[tuple[int, int], tuple[object, Amounts | str | None]] = {}

    def of(self, pool: Pool, node: Node) -> tuple[int, ...]:
        """The numbers of the kinds of a pool's devices, in their order."""
        around = _Around(
            Selection.under(self.switches, node, self.verdicts),
            self.switches.may_skip(node),
            {name: slot for slot, name in enumerate(pool.counters)},
            {name: slot for slot, name in enumerate(pool.sets)},
        )
        # Devices that are the same in all that is read are of one kind, as long as they mean the same counters.
        counters = self._pools.setdefault((tuple(pool.counters), pool.sets), len(self._pools))
        found: list[int] = []
        for slice_ in pool.slices:
            self._of_slice(slice_, around, counters, found)
        return tuple(found)

    def _of_slice(self, slice_: SliceEntry, around: _Around, counters: int, found: list[int]) -> None:
        spec = slice_.slice.spec
        reading = self._reading(spec.driver)
        plain = reading.narrow and slice_.readable and not spec.per_device_node_selection
        refused = bool(spec.skip_node_operations) and not around.skips
        rows: tuple[list[int], list[int]] | None = None
        for index, entry in enumerate(slice_.devices):
            read = self._read(reading, entry) if plain else None
            key = (spec.driver, counters, refused, *map(id, read)) if read is not None else None
            known = self._seen.get(key) if key is not None else None
            if known is None:
                if rows is None:
                    rows = self._selected(slice_, around.selection)
                kind = self._kind(entry, rows[0][index], rows[1][index], around)
                number = self._numbers.setdefault(kind, len(self.all))
                if number == len(self.all):
                    self.all.append(kind)
                # What was compared by identity is kept, so that no other object takes its place.
                known = number, read
                if key is not None:
                    if len(self._seen) >= _REMEMBERED:
                        self._seen.clear()
                    self._seen[key] = known
            found.append(known[0])

    def _reading(self, driver: str) -> Reading:
        found = self._readings.get(driver)
        if found is None:
            expressions = dict.fromkeys(one for ask in self._plan.asks for one in ask.expressions)
            selectors = [compile(expression) for expression in expressions]
            found = Reading(
                driver,
                [selector.projection for selector in selectors if isinstance(selector, Selector)],
                [source.attribute for source in self._sources],
            )
            # A derived attribute may read anything.
            found.narrow &= all(source.expression is None for source in self._sources)
            self._readings[driver] = found
        return found

    def _read(self, reading: Reading, entry: DeviceEntry) -> list[object] | None:
        if entry.taints:
            return None
        device = entry.device
        read = reading.of(device)
        if read is not None:
            read += (
                # Without capacities, each device has an empty table of its own.
                device.capacity or None,
                device.consumes_counters,
                device.allow_multiple_allocations,
                bool(device.binding_conditions),
            )
        return read

    def _selected(self, slice_: SliceEntry, selection: Selection) -> tuple[list[int], list[int]]:
        fits, fails = [0] * len(slice_.devices), [0] * len(slice_.devices)
        for ask in self._plan.asks:
            bit = 1 << ask.index
            true, failing = selection.select(ask, slice_)
            for index in range(len(slice_.devices)):
                if true >> index & 1:
                    fits[index] |= bit
                if failing >> index & 1:
                    fails[index] |= bit
        return fits, fails

    def _kind(self, entry: DeviceEntry, fits: int, fails: int, around: _Around) -> Kind:
        device, switches = entry.device, self.switches
        multi = switches.multi(entry)
        amounts: tuple[Amounts, ...] = ()
        counted = switches.shares and bool(device.capacity or self._wants_capacity)
        if counted:
            amounts, fits, fails = self._amounts_of_all(device.capacity, fits, fails)
        # What a whole device takes is only ever held against shares that were given out before it was whole.
        counted = counted and (multi or switches.quirks.k9_former_shares)
        uses, groups = self._spends(device, around)
        skipped = bool(entry.spec.skip_node_operations) and not around.skips
        return Kind(
            fits=fits,
            fails=fails,
            refused=skipped or (bool(device.consumes_counters) and not switches.partitions),
            untolerated=self._untolerated(entry) if entry.taints and switches.taints else 0,
            multi=multi,
            values=tuple(self._value(source, entry) for source in self._sources),
            amounts=amounts if counted else (),
            room=tuple((name, Quantity.parse(one.value).nanos) for name, one in device.capacity.items())
            if counted
            else (),
            uses=uses,
            groups=groups,
        )

    def _amounts_of_all(
        self, capacities: dict[str, DeviceCapacity], fits: int, fails: int
    ) -> tuple[tuple[Amounts, ...], int, int]:
        """What each request takes; and which requests the device fits and fails, now that this is known."""
        amounts: list[Amounts] = []
        for ask in self._plan.asks:
            bit = 1 << ask.index
            taken = self._amounts(ask, capacities) if fits & bit else ()
            if not isinstance(taken, tuple):
                fits &= ~bit
                fails |= bit if taken == FAILS else 0
                taken = ()
            amounts.append(taken)
        return tuple(amounts), fits, fails

    def _untolerated(self, entry: DeviceEntry) -> int:
        found = 0
        for ask in self._plan.asks:
            if next(not_tolerated(entry.taints, ask.tolerations), None) is not None:
                found |= 1 << ask.index
        return found

    def _spends(self, device: Device, around: _Around) -> tuple[Uses, Memberships]:
        if not device.consumes_counters or not self.switches.partitions:
            return (), ()
        uses = uses_of(device, around.counters)
        if not self.switches.groups:
            return uses, ()
        groups = (
            (around.sets[use.counter_set], groups_of(use.compatibility_groups))
            for use in device.consumes_counters
        )
        return uses, tuple(groups)

    def _amounts(self, ask: Ask, capacities: dict[str, DeviceCapacity]) -> Amounts | str | None:
        key = (ask.index, id(capacities))
        known = self._taken.get(key)
        if known is not None and known[0] is capacities:
            return known[1]
        found = self._taken_of(ask, capacities)
        if len(self._taken) > 4096:
            self._taken.clear()
        self._taken[key] = capacities, found
        return found

    def _taken_of(self, ask: Ask, capacities: dict[str, DeviceCapacity]) -> Amounts | str | None:
        switches = self.switches
        try:
            taken = capacity.consumption(capacities, ask.capacity, switches.fractional)
        except capacity.UnrepresentableError:
            return FAILS if switches.quirks.k13_unrepresentable else None
        except capacity.NegativeError:
            return FAILS
        by_field = switches.quirks.k15_default_by_field
        if taken is None or capacity.unsuitable(capacities, taken, switches.fractional, by_field) is not None:
            return None
        return tuple((name, amount.quantity.nanos) for name, amount in taken.items())

    def _value(self, source: Source, entry: DeviceEntry) -> Value:
        try:
            return compared_value(source.attribute, source.expression, entry)
        except DerivedError:
            return FAILS if self.switches.quirks.k14_derived_failure else None
