"""Everything that stands against one device for one request, each check by itself: what the allocator would say first,
and what it would go on to say if that were gone (dra-semantics 3.5 to 3.10)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import NamedTuple

from drakkar.allocator import DeviceKey, Inventory, Ledger, Node
from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.rules import capacity
from drakkar.allocator.rules.constraints import Rule, admit, attribute_of, compared, rule_of
from drakkar.allocator.rules.derived import DerivedError, derive
from drakkar.allocator.rules.groups import groups_of
from drakkar.allocator.rules.taints import intolerable, told
from drakkar.allocator.supply.pool_usage import PoolUsages as Standings
from drakkar.allocator.supply.pools import Pool
from drakkar.allocator.supply.slice_nodes import on_node
from drakkar.allocator.switches import NODE_FEATURE
from drakkar.allocator.switches import Switches as Terms
from drakkar.api.features import DEVICE_BINDING, OPTIONAL_NODE_OPERATIONS, PARTITIONABLE_DEVICES
from drakkar.api.node_selector import NodeSelectorError
from drakkar.api.quantity import Quantity, QuantityError
from drakkar.api.resource import DeviceAttribute, DeviceConstraint, DeviceSelector
from drakkar.cel import CompileError, EvalError
from drakkar.cel import compile as compile_selector
from drakkar.planner.books import Books
from drakkar.planner.obstacles import Obstacle, Rank
from drakkar.planner.parts import Part, expression
from drakkar.planner.wording import selector_fails, selector_is_false


class Objection(NamedTuple):
    """One thing against a device. `lifts` are the obstacles any of which may be behind it; none: nothing can be done.

    `passes_over` is set where a request for all devices does without the device; otherwise it does not do at all.
    `about` names what several devices are short of together, and `holders` the claims that use it.
    """

    kind: str
    text: str
    lifts: frozenset[Obstacle] = frozenset()
    passes_over: bool = False
    about: Hashable = None
    holders: frozenset[str] = frozenset()
    used: str = ""


class Objections:
    """For the devices of one node."""

    def __init__(self, inventory: Inventory, ledger: Ledger, node: Node, terms: Terms, books: Books) -> None:
        self._inventory = inventory
        self._ledger = ledger
        self._node = node
        self._terms = terms
        self._books = books
        self._standings = Standings(ledger, terms)

    def against(self, part: Part, entry: DeviceEntry, pool: Pool) -> list[Objection]:
        """All of them, in the allocator's order; none if the device would do for the request by itself."""
        return [
            *self._held(part, entry),
            *self._elsewhere(entry),
            *self._selectors(part, entry),
            *self._unsuitable(part, entry),
            *self._refused(entry),
            *self._taints(part, entry),
            *self._room(part, entry),
            *self._counters(part, entry, pool),
            *self._constraints(part, entry),
        ]

    def _holders(self, uids: frozenset[str] | set[str]) -> frozenset[Obstacle]:
        return frozenset(Obstacle(Rank.HOLDER, subject=uid) for uid in uids)

    def _held(self, part: Part, entry: DeviceEntry) -> Iterator[Objection]:
        key, ledger = entry.key, self._ledger
        if part.admin:
            return
        former = self._terms.shares and self._terms.quirks.k9_former_shares
        whole = not self._terms.multi(entry) and not former
        if ledger.dedicated(key) or (whole and ledger.in_use(key)):
            # Where several have it, each of them would have to go.
            for uid in sorted(ledger.holders(key)):
                yield Objection("taken", "taken", self._holders({uid}), holders=frozenset({uid}), about=None)

    def _elsewhere(self, entry: DeviceEntry) -> Iterator[Objection]:
        if entry.device.binding_conditions and not self._terms.binding:
            feature = Obstacle(Rank.FEATURE, subject=DEVICE_BINDING)
            why = "has binding conditions, and the feature is disabled"
            yield Objection("other", why, frozenset({feature}), passes_over=True)
        if entry.spec.per_device_node_selection:
            try:
                here = on_node(entry.device, self._node)
            except NodeSelectorError as error:
                passed = not self._terms.quirks.k22_unreadable
                yield Objection("node", f"its node selector makes no sense: {error}", passes_over=passed)
                return
            if not here:
                yield Objection("node", "is on another node", passes_over=True)

    def _selectors(self, part: Part, entry: DeviceEntry) -> Iterator[Objection]:
        name = part.what.device_class_name
        class_ = self._inventory.classes.get(name)
        if class_ is None:
            yield Objection("other", f"device class {name} does not exist")
            return
        for index, selector in enumerate(class_.spec.selectors):
            obstacle = Obstacle(Rank.CLASS_SELECTOR, subject=(name, index))
            yield from self._selector(selector, f"class {name}", obstacle, entry)
        for index, selector in enumerate(part.what.selectors):
            obstacle = Obstacle(Rank.SELECTOR, part.claim_index, part.name, index)
            yield from self._selector(selector, "the request", obstacle, entry)

    def _selector(
        self, selector: DeviceSelector, of: str, obstacle: Obstacle, entry: DeviceEntry
    ) -> Iterator[Objection]:
        text = expression(selector)
        compiled = compile_selector(text)
        lifts = frozenset({obstacle})
        if isinstance(compiled, CompileError):
            what = selector_fails(of, text, f"CEL compile error: {compiled}", compiled.hint)
            yield Objection("selectorError", what, lifts)
            return
        view = entry.view(not self._terms.stable)
        answer = compiled.matches(view)
        if view.broken is not None and not self._terms.quirks.k22_unreadable:
            what = f"has an attribute that cannot be read: {view.broken}"
            yield Objection("selectorError", what, lifts, passes_over=True)
        elif isinstance(answer, EvalError):
            what = selector_fails(of, text, f"CEL runtime error: {answer}", answer.hint)
            yield Objection("selectorError", what, lifts)
        elif not answer:
            yield Objection("selector", selector_is_false(of, text, view), lifts, passes_over=True)

    def _asks(self, part: Part, name: str) -> frozenset[Obstacle]:
        """What can be done about a capacity: ask for less, or not at all; nothing where it is not asked for."""
        if name not in part.capacity:
            return frozenset()
        ranks = (Rank.CAPACITY, Rank.CAPACITY_REQUEST)
        return frozenset(Obstacle(rank, part.claim_index, part.name, name) for rank in ranks)

    def taken(self, part: Part, entry: DeviceEntry) -> dict[str, Quantity] | str | None:
        """What the request takes of each capacity; why that cannot be told; None where nobody keeps count."""
        terms = self._terms
        if not terms.shares or not (entry.device.capacity or part.capacity):
            return None
        try:
            asked = {name: capacity.Amount.parse(text) for name, text in part.capacity.items()}
            found = capacity.consumption(entry.device.capacity, asked, terms.fractional)
        except (capacity.Unrepresentable, capacity.Negative, QuantityError) as error:
            return str(error)
        if found is None:
            return "lacks a capacity that is asked for"
        by_field = terms.quirks.k15_default_by_field
        why = capacity.unsuitable(entry.device.capacity, found, terms.fractional, by_field)
        return why if why is not None else {name: amount.quantity for name, amount in found.items()}

    def _unsuitable(self, part: Part, entry: DeviceEntry) -> Iterator[Objection]:
        why = self.taken(part, entry)
        if not isinstance(why, str):
            return
        lacking = [name for name in part.capacity if name not in entry.device.capacity]
        for name in lacking:
            dropped = Obstacle(Rank.CAPACITY_REQUEST, part.claim_index, part.name, name)
            yield Objection("capacity", why, frozenset({dropped}), passes_over=True)
        if not lacking:
            lifts = frozenset(one for name in part.capacity for one in self._asks(part, name))
            yield Objection("capacity", why, lifts, passes_over=True)

    def _refused(self, entry: DeviceEntry) -> Iterator[Objection]:
        if entry.spec.skip_node_operations and not self._terms.may_skip(self._node):
            obstacle = Obstacle(Rank.NODE_FEATURE, subject=OPTIONAL_NODE_OPERATIONS)
            yield Objection("other", f"needs the node to declare {NODE_FEATURE}", frozenset({obstacle}))
        if entry.device.consumes_counters and not self._terms.partitions:
            obstacle = Obstacle(Rank.FEATURE, subject=PARTITIONABLE_DEVICES)
            why = "consumes counters, and the feature is disabled"
            yield Objection("other", why, frozenset({obstacle}))

    def _taints(self, part: Part, entry: DeviceEntry) -> Iterator[Objection]:
        if not self._terms.taints:
            return
        for taint in dict.fromkeys(entry.taints):
            if intolerable((taint,), part.what.tolerations) is not None:
                what = (taint.key, taint.value, taint.effect)
                obstacle = Obstacle(Rank.TOLERATION, part.claim_index, part.name, what)
                yield Objection("taint", told(taint), frozenset({obstacle}))

    def _room(self, part: Part, entry: DeviceEntry) -> Iterator[Objection]:
        if not self._terms.multi(entry) or (part.admin and not self._terms.quirks.k6_admin_pays):
            return
        taken, consumed = self.taken(part, entry), self._ledger.consumed(entry.key)
        for name in [] if part.admin else self._standings.lost(entry):
            why = f"shares of it hold capacity {name}, which it no longer has"
            for uid in self._books.sharers(entry.key, name):
                yield Objection("capacity", why, self._holders({uid}), holders=frozenset({uid}))
        if not isinstance(taken, dict) or not consumed:
            return
        for name, amount in taken.items():
            used = consumed.get(name)
            value = Quantity.parse(entry.device.capacity[name].value)
            if used is None or amount + used <= value:
                continue
            holders = frozenset(self._books.sharers(entry.key, name))
            yield Objection(
                kind="capacity",
                text=capacity.short(name, amount, value, used),
                lifts=self._holders(holders) | self._asks(part, name),
                about=("capacity", entry.key, name),
                holders=holders,
                used=f"{used.format()} of {value.format()}",
            )

    def _counters(self, part: Part, entry: DeviceEntry, pool: Pool) -> Iterator[Objection]:
        device, terms = entry.device, self._terms
        if not device.consumes_counters or not terms.partitions or not pool.usable:
            return
        if terms.multi(entry) and self._ledger.is_shared(entry.key):
            # The first share has paid for all.
            return
        books = self._books.of(pool)
        if not part.admin:
            yield from self._gone(books.unknown)
        if terms.groups:
            for use in device.consumes_counters:
                joint = books.groups.get(use.counter_set)
                if joint is not None and not joint & groups_of(use.compatibility_groups):
                    users = frozenset(books.users_of_set(use.counter_set))
                    why = "its compatibility groups do not go with those of devices that share its counters"
                    about = ("groups", pool.key, use.counter_set)
                    yield Objection("other", why, self._holders(users), about=about, holders=users)
        if part.admin and not terms.quirks.k6_admin_pays:
            return
        needs: dict[tuple[str, str], Quantity] = {}
        for use in device.consumes_counters:
            for name, counter in use.counters.items():
                slot = (use.counter_set, name)
                amount = Quantity.parse(counter.value)
                needs[slot] = needs[slot] + amount if slot in needs else amount
        for (set_name, name), needed in needs.items():
            total = books.totals[set_name, name]
            left = total - books.used[set_name, name]
            if needed <= left:
                continue
            users = frozenset(books.users[set_name, name])
            missing = Quantity(needed.nanos - left.nanos, needed.family)
            yield Objection(
                kind="counter",
                text=f"counter {set_name}/{name}: {needed.format()} needed, {missing.format()} more than is left",
                lifts=self._holders(users),
                about=("counter", pool.key, set_name, name),
                holders=users,
                used=f"{books.used[set_name, name].format()} of {total.format()}",
            )

    def _gone(self, unknown: Mapping[DeviceKey, Sequence[str]]) -> Iterator[Objection]:
        """Devices in use that are no longer published, and of which nobody knows what they take of the counters."""
        for key, uids in unknown.items():
            why = (
                f"device {key.device} is in use and no longer published as it was,"
                " so that nobody knows what it takes of the pool's counters"
            )
            for uid in uids:
                yield Objection("counter", why, self._holders({uid}), holders=frozenset({uid}))

    def rule(self, constraint: DeviceConstraint) -> Rule:
        """How a constraint judges."""
        return rule_of(constraint, self._terms)

    def value(self, part: Part, constraint: DeviceConstraint, entry: DeviceEntry) -> DeviceAttribute | None:
        """What a constraint looks at; DerivedError where the request's own expression fails."""
        name = compared(constraint)
        derived = {one.name: one.expression for one in part.what.derived_attributes}
        if name in derived:
            return derive(name, derived[name], entry)
        return attribute_of(entry, name)

    def _constraints(self, part: Part, entry: DeviceEntry) -> Iterator[Objection]:
        for index, constraint in part.constraints():
            name = compared(constraint)
            lifts = frozenset({Obstacle(Rank.CONSTRAINT, part.claim_index, subject=index)})
            try:
                value = self.value(part, constraint, entry)
            except DerivedError as error:
                yield Objection("constraint", f"constraint #{index} is on {name}: {error}", lifts)
                continue
            if admit(self.rule(constraint), (), value) is None:
                has = "which the device does not have"
                if value is not None:
                    has = "of which the device has no value that counts"
                yield Objection("constraint", f"constraint #{index} is on {name}, {has}", lifts)
