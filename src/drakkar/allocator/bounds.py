"""What can be refuted without a search: states from which no solution can be reached, whatever is tried.

Each check forgets some of the rules, so that it may miss a dead end but never calls one what is none.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from drakkar.allocator.constraints import Element, Rule, Seen, admit, elements, settled
from drakkar.allocator.kinds import Value
from drakkar.allocator.layout import bits
from drakkar.allocator.problem import Problem
from drakkar.allocator.requests import Ask, Wish
from drakkar.allocator.state import State


class Want(NamedTuple):
    """Devices that have still to be found for a request, and the ones that it may have."""

    ask: Ask
    need: int
    open: int


class Bounds:
    """Refutes states of one problem."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._layout = problem.layout
        self._allowed: dict[tuple[int, int, Hashable], int] = {}
        self._by_element: dict[tuple[int, bool], dict[Element, int]] = {}
        # Devices by what they use of the counters: few kinds of use, many devices.
        by_use: dict[tuple[tuple[int, int], ...], int] = {}
        for device, uses in enumerate(self._layout.uses):
            if uses:
                by_use[uses] = by_use.get(uses, 0) | 1 << device
        self._by_use = list(by_use.items())
        by_counter: dict[int, dict[int, int]] = {}
        for uses, devices in self._by_use:
            for slot, amount in uses:
                amounts = by_counter.setdefault(slot, {})
                amounts[amount] = amounts.get(amount, 0) | devices
        self._by_counter = {slot: sorted(amounts.items()) for slot, amounts in by_counter.items()}
        # A share may have paid already.
        self._whole = ~self._layout.multi

    def hopeless(self, state: State) -> bool:
        """Whether the state leads nowhere for certain."""
        problem = self._problem
        if state.claim >= len(problem.plan.claims):
            return False
        over = self._too_large(state)
        wants: list[Want] = []
        wishes = problem.plan.claims[state.claim].wishes
        position = state.wish
        if state.ask is not None:
            ask = state.ask
            need = problem.count(ask) - state.chosen
            if not ask.every and need:
                open_ = self._open(state, ask, over)
                if not problem.terms.stable:
                    open_ &= -(1 << state.cursor)
                if open_.bit_count() < need:
                    return True
                wants.append(Want(ask, need, open_))
            position += 1
        if self._none_for_some(state, wishes[position:], over, wants):
            return True
        mine = len(wants)
        for claim in problem.plan.claims[state.claim + 1 :]:
            if self._none_for_some(state, claim.wishes, over, wants):
                return True
        return (
            self._unmatched(state, wants[:mine])
            or self._overcommitted(wants)
            or self._counters_short(state, wants)
        )

    def _none_for_some(self, state: State, wishes: Sequence[Wish], over: int, wants: list[Want]) -> bool:
        """Whether some request has too few devices by itself; the plain ones are added to `wants`."""
        for wish in wishes:
            possible = False
            for ask in wish.asks:
                if ask.every:
                    possible = True
                    break
                open_ = self._open(state, ask, over)
                if open_.bit_count() >= ask.count:
                    possible = True
                    if not wish.chosen_among and ask.count:
                        wants.append(Want(ask, ask.count, open_))
                    break
            if not possible:
                return True
        return False

    def _too_large(self, state: State) -> int:
        """The devices that use more of some counter than is left of it."""
        left, used = self._problem.left, state.used
        over = 0
        for uses, devices in self._by_use:
            for slot, amount in uses:
                if used[slot] + amount > left[slot]:
                    over |= devices
                    break
        return over & self._whole

    def _open(self, state: State, ask: Ask, over: int) -> int:
        problem = self._problem
        held = state.here if ask.claim_index == state.claim else 0
        if not ask.admin:
            other = state.taken if problem.quirks.k7_admin_blocks else state.plain
            held |= other | problem.in_use
        open_ = self._layout.choices[ask.index] & ~held
        if not ask.admin or problem.quirks.k6_admin_pays:
            open_ &= ~over
        for number, rule, _ in problem.about[ask.index]:
            seen = state.seen[number] if ask.claim_index == state.claim else ()
            open_ &= self._admitted(ask, number, rule, seen)
        return open_

    def _admitted(self, ask: Ask, number: int, rule: Rule, seen: Seen) -> int:
        key = (ask.index, number, settled(rule, seen))
        found = self._allowed.get(key)
        if found is None:
            values = self._values(ask, number)
            found = 0
            for device in bits(self._layout.choices[ask.index]):
                value = values[device]
                if not isinstance(value, str) and admit(rule, seen, value) is not None:
                    found |= 1 << device
            self._allowed[key] = found
        return found

    def _values(self, ask: Ask, number: int) -> Sequence[Value]:
        scope = self._problem.scopes[ask.claim_index][number]
        return self._layout.values[scope.sources[ask.index]]

    def _elements(self, ask: Ask, number: int, lists: bool) -> dict[Element, int]:
        """The devices that have each value that counts."""
        source = self._problem.scopes[ask.claim_index][number].sources[ask.index]
        found = self._by_element.get((source, lists))
        if found is None:
            found = {}
            for device, value in enumerate(self._layout.values[source]):
                if value is not None and not isinstance(value, str):
                    for element in elements(value, lists):
                        found[element] = found.get(element, 0) | 1 << device
            self._by_element[source, lists] = found
        return found

    def _unmatched(self, state: State, wants: list[Want]) -> bool:
        """Whether some constraint of the claim has no value left that would do for all requests it is about."""
        for number, scope in enumerate(self._problem.scopes[state.claim]):
            about = [want for want in wants if want.ask.index in scope.sources]
            total = sum(want.need for want in about)
            if total + bool(state.seen[number]) < 2:
                continue
            if scope.rule.match:
                if not self._some_value_does(state, number, scope.rule.lists, about):
                    return True
            elif self._too_few_values(state, number, scope.rule, about):
                return True
        return False

    def _some_value_does(self, state: State, number: int, lists: bool, about: list[Want]) -> bool:
        tables = [self._elements(want.ask, number, lists) for want in about]
        distinct = [
            (other, scope.rule)
            for other, scope in enumerate(self._problem.scopes[state.claim])
            if not scope.rule.match and all(want.ask.index in scope.sources for want in about)
        ]
        for element in tables[0]:
            narrowed: list[Want] = []
            for want, table in zip(about, tables, strict=True):
                open_ = want.open & table.get(element, 0)
                if open_.bit_count() < want.need:
                    break
                narrowed.append(Want(want.ask, want.need, open_))
            else:
                if self._overcommitted(narrowed):
                    continue
                if not any(self._too_few_values(state, other, rule, narrowed) for other, rule in distinct):
                    return True
        return not tables

    def _too_few_values(self, state: State, number: int, rule: Rule, about: list[Want]) -> bool:
        """Whether there are fewer values than devices that must each have one of their own."""
        values: set[Element] = set()
        odd = 0
        for want in about:
            table = self._elements(want.ask, number, rule.lists)
            with_value = 0
            for element, devices in table.items():
                if devices & want.open:
                    values.add(element)
                    with_value |= devices
            odd |= want.open & ~with_value
        return len(values) + odd.bit_count() < sum(want.need for want in about)

    def _overcommitted(self, wants: Sequence[Want]) -> bool:
        """Whether the requests together want more than the devices that they want have (Hall's theorem)."""
        whole = [want for want in wants if not want.ask.admin and not want.open & self._layout.multi]
        if len(whole) < 2:
            return False
        union = 0
        for want in whole:
            union |= want.open
        if union.bit_count() < sum(want.need for want in whole):
            return True
        return not _all_placed(whole)

    def _counters_short(self, state: State, wants: Sequence[Want]) -> bool:
        """Whether even the devices that use least of a counter use too much of it together."""
        if not self._by_counter:
            return False
        paying = [want for want in wants if not want.ask.admin and not want.open & self._layout.multi]
        total = sum(want.need for want in paying)
        union = 0
        for want in paying:
            union |= want.open
        for slot, amounts in self._by_counter.items():
            left = self._problem.left[slot] - state.used[slot]
            users = 0
            for _, devices in amounts:
                users |= devices
            missing = total - (union & ~users).bit_count()
            least = 0
            for amount, devices in amounts:
                if missing <= 0:
                    break
                found = min(missing, (union & devices).bit_count())
                least += found * amount
                missing -= found
            if least > max(left, 0):
                return True
        return False


def _all_placed(wants: Sequence[Want]) -> bool:
    """Whether every request can be given its number of devices, each device once, whatever else is asked of them."""
    holder: dict[int, int] = {}
    held = 0

    def place(index: int, tried: int) -> int:
        """The devices tried so far, with the one bit above them all when a device was found."""
        nonlocal held
        free = wants[index].open & ~held
        if free:
            low = free & -free
            held |= low
            holder[low.bit_length() - 1] = index
            return found
        for device in bits(wants[index].open & ~tried):
            if tried >> device & 1:
                continue
            tried = place(holder[device], tried | 1 << device)
            if tried == found:
                holder[device] = index
                return found
        return tried

    found = 1 << max(want.open.bit_length() for want in wants)
    return all(place(index, 0) == found for index, want in enumerate(wants) for _ in range(want.need))
