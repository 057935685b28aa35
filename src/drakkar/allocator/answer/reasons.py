"""Tells a reporter what is asked, what there is and what the search does, with what stands against each device."""

from __future__ import annotations

from collections.abc import Sequence

from drakkar.allocator.answer.examination import Examination, needs
from drakkar.allocator.answer.report import Reporter
from drakkar.allocator.demand.layout import bits
from drakkar.allocator.demand.selection import Selection
from drakkar.allocator.objections import (
    AlreadyChosen,
    CapacityShort,
    ConstraintUnmet,
    CounterShort,
    GroupsApart,
    Lack,
    Objection,
    PoolOverdrawn,
)
from drakkar.allocator.rules.constraints import compared
from drakkar.allocator.rules.requests import Ask
from drakkar.allocator.search.problem import Problem, Rejection, Step, Witness
from drakkar.allocator.search.state import State
from drakkar.allocator.supply.ledger import Ledger
from drakkar.allocator.supply.pool_account import PoolAccount
from drakkar.allocator.supply.views import View
from drakkar.allocator.switches import Switches
from drakkar.api.quantity import Quantity
from drakkar.api.resource import ResourceClaim


class Reasons(Witness):
    """Hears the search of one problem. `problem` is set before the search begins."""

    problem: Problem

    def __init__(
        self,
        reporter: Reporter,
        claims: Sequence[ResourceClaim],
        asks: Sequence[Ask],
        ledger: Ledger,
        switches: Switches,
    ) -> None:
        self._reporter = reporter
        self._constraints = [claim.spec.devices.constraints for claim in claims]
        self._asks = asks
        self._ledger = ledger
        self._switches = switches
        reporter.reading(asks)

    def gathered(self, view: View, selection: Selection) -> None:
        """The node's devices are known: they are looked at one by one."""
        pools = [PoolAccount(pool, self._ledger, self._switches.quirks) for pool in view.pools]
        self._entries = [entry for pool in view.usable for entry in pool.devices]
        self._pools = [account for account in pools for _ in account.pool.devices]
        self._counters = [(account, name) for account in pools for name in account.pool.counters]
        self._sets = [(account, name) for account in pools for name in account.pool.sets]
        self._examination = Examination(self._constraints, self._ledger, selection, view.node, self._switches)
        self._reporter.gathering(pools)
        for account in pools:
            for slice_ in account.pool.slices:
                for entry in slice_.devices:
                    for ask in self._asks:
                        against = self._examination.against(ask, entry, account)
                        self._reporter.examining_device(ask, entry, account, against)

    def passed_over(self, state: State, ask: Ask, open_: int) -> None:
        every = (1 << len(self._entries)) - 1
        for device in bits(every & ~open_ & -(1 << state.cursor)):
            self._tell(ask, device, self._why_not_open(state, ask, device))

    def rejected(self, state: State, ask: Ask, device: int, why: Rejection) -> None:
        self._tell(ask, device, self._objection(state, ask, device, why))

    def chosen(self, ask: Ask, device: int) -> None:
        self._reporter.choosing(ask, self._entries[device].key)

    def gave_up(self, ask: Ask, why: Lack) -> None:
        self._reporter.giving_up(ask, why)

    def _tell(self, ask: Ask, device: int, why: Objection | None) -> None:
        if why is not None:
            self._reporter.rejecting_device(ask, self._entries[device].key, why)

    def _held(self, state: State, ask: Ask, device: int) -> Objection | None:
        low = 1 << device
        if not self.problem.blocked(state, ask) & low:
            return None
        if ask.admin or state.here & low:
            return AlreadyChosen(same_claim=True)
        if self.problem.in_use & low:
            entry = self._entries[device]
            held = next(self._examination.held(ask, entry), None)
            return held or next(self._examination.lost(ask, entry, self._pools[device]), None)
        return AlreadyChosen(same_claim=False)

    def _why_not_open(self, state: State, ask: Ask, device: int) -> Objection | None:
        held = self._held(state, ask, device)
        if held is not None:
            return held
        entry = self._entries[device]
        first = next(self._examination.unsuitable(ask, entry), None)
        return first or next(self._examination.taints(ask, entry), None)

    def _objection(self, state: State, ask: Ask, device: int, why: Rejection) -> Objection | None:
        examination, entry, pool = self._examination, self._entries[device], self._pools[device]
        match why.step:
            case Step.HELD:
                return self._held(state, ask, device)
            case Step.REFUSED:
                return next(examination.refused(entry), None)
            case Step.TAINT:
                return next(examination.taints(ask, entry), None)
            case Step.GROUPS:
                return self._groups(state, device)
            case Step.OVERDRAWN:
                return PoolOverdrawn(pool.overdrawn_by())
            case Step.COUNTER:
                return self._counter(device, int(why.subject), why.amount)
            case Step.CAPACITY:
                return self._capacity(ask, device, str(why.subject), why.amount)
        constraint = self._constraints[ask.claim_index][int(why.subject)]
        return ConstraintUnmet(int(why.subject), compared(constraint))

    def _groups(self, state: State, device: int) -> Objection | None:
        for position, names in self.problem.layout.groups[device]:
            before = state.groups[position]
            if before is not None and not before & names:
                account, name = self._sets[position]
                return GroupsApart(name, account.users_of_set(name))
        return None

    def _counter(self, device: int, position: int, missing: int) -> Objection:
        account, name = self._counters[position]
        needed, counter = needs(self._entries[device])[name], account.counters[name]
        short = Quantity(missing, needed.family)
        users = tuple(sorted(counter.users))
        return CounterShort(*name, needed, short, counter.used, counter.total, users)

    def _capacity(self, ask: Ask, device: int, name: str, missing: int) -> Objection:
        entry = self._entries[device]
        value = Quantity.parse(entry.device.capacity[name].value)
        asked = Quantity(dict(self.problem.layout.kinds[device].amounts[ask.index])[name], value.family)
        used = Quantity(missing + value.nanos - asked.nanos, value.family)
        return CapacityShort(name, asked, value, used, self._pools[device].sharers(entry.key, name))
