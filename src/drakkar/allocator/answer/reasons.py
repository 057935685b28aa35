"""Tells a reporter what the search does, and puts into words why a device is not chosen."""

from __future__ import annotations

from collections.abc import Sequence

from drakkar.allocator.answer.report import Reporter
from drakkar.allocator.demand.layout import bits
from drakkar.allocator.demand.selection import Selection
from drakkar.allocator.node import Node
from drakkar.allocator.rules import capacity
from drakkar.allocator.rules.constraints import compared
from drakkar.allocator.rules.requests import Ask
from drakkar.allocator.rules.taints import intolerable, told
from drakkar.allocator.search.problem import Problem, Rejection, Witness
from drakkar.allocator.search.state import State
from drakkar.allocator.supply.pools import Pool
from drakkar.allocator.switches import NODE_FEATURE, Switches
from drakkar.api.quantity import Quantity


class Reasons(Witness):
    """Hears the search of one problem. `problem` is set before the search begins."""

    problem: Problem

    def __init__(
        self, reporter: Reporter, pools: Sequence[Pool], selection: Selection, node: Node, switches: Switches
    ) -> None:
        usable = [pool for pool in pools if pool.usable]
        self._reporter = reporter
        self._entries = [entry for pool in usable for entry in pool.devices]
        self._counters = [name for pool in usable for name in pool.counters]
        self._selection = selection
        self._node = node
        self._switches = switches

    def passed_over(self, state: State, ask: Ask, open_: int) -> None:
        every = (1 << len(self._entries)) - 1
        for device in bits(every & ~open_ & -(1 << state.cursor)):
            why = self._why_not_open(state, ask, device)
            if why is not None:
                self._reporter.rejecting_device(ask, self._entries[device].key, why)

    def rejected(self, state: State, ask: Ask, device: int, why: Rejection) -> None:
        self._reporter.rejecting_device(ask, self._entries[device].key, self._words(state, ask, device, why))

    def chosen(self, ask: Ask, device: int) -> None:
        self._reporter.choosing(ask, self._entries[device].key)

    def gave_up(self, ask: Ask, why: str) -> None:
        self._reporter.giving_up(ask, why)

    def _held(self, state: State, ask: Ask, device: int) -> str | None:
        low = 1 << device
        if not self.problem.blocked(state, ask) & low:
            return None
        if ask.admin or state.here & low:
            return "is already chosen for this claim"
        return "is allocated" if self.problem.in_use & low else "is already chosen in this call"

    def _why_not_open(self, state: State, ask: Ask, device: int) -> str | None:
        held = self._held(state, ask, device)
        if held is not None:
            return held
        entry, layout = self._entries[device], self.problem.layout
        why = self._selection.why_not(ask, entry)
        if why is not None:
            return why
        if not layout.fits[ask.index] >> device & 1:
            return self._unsuitable(ask, device)
        if layout.refused >> device & 1:
            return self._refused(device)
        return self._taint(ask, device)

    def _unsuitable(self, ask: Ask, device: int) -> str:
        capacities = self._entries[device].device.capacity
        try:
            taken = capacity.consumption(capacities, ask.capacity, self._switches.fractional)
        except capacity.Unrepresentable as error:
            return str(error)
        if taken is None:
            return "lacks a capacity that is asked for"
        by_field = self._switches.quirks.k15_default_by_field
        why = capacity.unsuitable(capacities, taken, self._switches.fractional, by_field)
        return why or "is not selected"

    def _refused(self, device: int) -> str:
        if self._entries[device].device.consumes_counters and not self._switches.partitions:
            return "consumes counters, and the feature is disabled"
        return f"needs the node to declare {NODE_FEATURE}"

    def _taint(self, ask: Ask, device: int) -> str | None:
        taint = intolerable(self._entries[device].taints, ask.tolerations)
        return None if taint is None else told(taint)

    def _words(self, state: State, ask: Ask, device: int, why: Rejection) -> str:
        match why.step:
            case "held":
                return self._held(state, ask, device) or "is allocated"
            case "refused":
                return self._refused(device)
            case "taint":
                return self._taint(ask, device) or "has a taint"
            case "groups":
                return "its compatibility groups do not go with those of devices that share its counters"
            case "overdrawn":
                return "a counter of its pool is overdrawn"
            case "counter":
                return self._counter(device, int(why.subject), why.amount)
            case "capacity":
                return self._capacity(ask, device, str(why.subject), why.amount)
        constraint = self.problem.plan.claims[ask.claim_index].constraints[int(why.subject)]
        return f"constraint #{why.subject} on {compared(constraint)} does not hold with the others"

    def _counter(self, device: int, slot: int, missing: int) -> str:
        set_name, name = self._counters[slot]
        needed = dict(self.problem.layout.uses[device])[slot]
        family = next(
            Quantity.parse(counter.value).family
            for use in self._entries[device].device.consumes_counters
            for counter_name, counter in use.counters.items()
            if (use.counter_set, counter_name) == (set_name, name)
        )
        told = f"{Quantity(needed, family).format()} needed, {Quantity(missing, family).format()} more than is left"
        return f"counter {set_name}/{name}: {told}"

    def _capacity(self, ask: Ask, device: int, name: str, missing: int) -> str:
        value = Quantity.parse(self._entries[device].device.capacity[name].value)
        asked = Quantity(dict(self.problem.layout.kinds[device].amounts[ask.index])[name], value.family)
        return capacity.short(name, asked, value, Quantity(missing + value.nanos - asked.nanos, value.family))
