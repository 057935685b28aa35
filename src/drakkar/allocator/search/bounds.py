"""What can be refuted without a search: states from which no solution can be reached, whatever is tried.

Each check forgets some of the rules, so that it may miss a dead end but never calls one what is none.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from drakkar.allocator.demand.kinds import Value
from drakkar.allocator.demand.layout import bits
from drakkar.allocator.rules.constraints import Element, Rule, Seen, admit, elements, settled
from drakkar.allocator.rules.requests import CLAIM_LIMIT, Ask, Wish
from drakkar.allocator.search.counter_room import CounterRoom
from drakkar.allocator.search.matching import can_place
from drakkar.allocator.search.problem import Problem
from drakkar.allocator.search.state import State
from drakkar.allocator.search.totals import Portion, too_much


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
        self._counter_room = CounterRoom(self._layout.uses, self._layout.counters)
        self._may_share = self._room_for_shares()

    def hopeless(self, state: State) -> bool:
        """Whether the state leads nowhere for certain."""
        problem = self._problem
        if state.claim >= len(problem.plan.claims):
            return False
        if self._too_many(state):
            return True
        over = self._counter_room.too_large(state.used, problem.left) & ~self._layout.multi
        wants: list[Want] = []
        # Of requests with alternatives: the devices of all of them, and the least number.
        loose: list[Want] = []
        wishes = problem.plan.claims[state.claim].wishes
        position = state.wish
        if state.ask is not None:
            ask = state.ask
            need = problem.count(ask) - state.chosen
            if not ask.every and need:
                open_ = self._open(state, ask, over) & -(1 << problem.first(state, ask))
                if open_.bit_count() < need:
                    return True
                wants.append(Want(ask, need, open_))
            position += 1
        if self._none_for_some(state, wishes[position:], over, wants, loose):
            return True
        mine = len(wants)
        for claim in problem.plan.claims[state.claim + 1 :]:
            if self._none_for_some(state, claim.wishes, over, wants, loose):
                return True
        narrowed = self._matched(state, wants[:mine])
        if narrowed is None:
            return True
        wants[:mine] = narrowed
        return (
            self._overcommitted(state, wants, loose)
            or self._too_few_groups(state, wants)
            or self._shares_short(state, wants)
            or self._counters_short(state, wants, loose)
        )

    def _too_many(self, state: State) -> bool:
        """Whether the claim will have more devices than a claim may have, whichever alternatives are chosen."""
        total = state.in_claim
        position = state.wish
        if state.ask is not None:
            total += 0 if state.ask.every else state.ask.count - state.chosen
            position += 1
        for wish in self._problem.plan.claims[state.claim].wishes[position:]:
            total += min(0 if ask.every else ask.count for ask in wish.asks)
        return total > CLAIM_LIMIT

    def _none_for_some(
        self, state: State, wishes: Sequence[Wish], over: int, wants: list[Want], loose: list[Want]
    ) -> bool:
        """Whether some request has too few devices by itself; what the others want is added."""
        for wish in wishes:
            union, least = 0, -1
            for ask in wish.asks:
                if ask.every:
                    least = 0
                    continue
                open_ = self._open(state, ask, over)
                if open_.bit_count() >= ask.count:
                    union |= open_
                    least = ask.count if least < 0 else min(least, ask.count)
            if least < 0:
                return True
            if least:
                (loose if wish.chosen_among else wants).append(Want(wish.asks[0], least, union))
        return False

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
        return self._elements_of(self._problem.scopes[ask.claim_index][number].sources[ask.index], lists)

    def _elements_of(self, source: int, lists: bool) -> dict[Element, int]:
        found = self._by_element.get((source, lists))
        if found is None:
            found = {}
            for device, value in enumerate(self._layout.values[source]):
                if value is not None and not isinstance(value, str):
                    for element in elements(value, lists):
                        found[element] = found.get(element, 0) | 1 << device
            self._by_element[source, lists] = found
        return found

    def _matched(self, state: State, wants: list[Want]) -> list[Want] | None:
        """The claim's wants without the devices whose values would do for no constraint; None if none are left."""
        for number, scope in enumerate(self._problem.scopes[state.claim]):
            about = [index for index, want in enumerate(wants) if want.ask.index in scope.sources]
            mine = [wants[index] for index in about]
            total = sum(want.need for want in mine)
            if total + bool(state.seen[number]) < 2:
                continue
            if not scope.rule.match:
                if self._too_few_values(number, scope.rule, mine):
                    return None
                continue
            opens = self._with_common_value(state, number, scope.rule.lists, mine)
            for index, open_ in zip(about, opens, strict=True):
                want = wants[index]
                if open_.bit_count() < want.need:
                    return None
                wants[index] = Want(want.ask, want.need, open_)
        return wants

    def _with_common_value(self, state: State, number: int, lists: bool, about: list[Want]) -> list[int]:
        """The devices of each want that have a value of which every want has enough."""
        tables = [self._elements(want.ask, number, lists) for want in about]
        distinct = [
            (other, scope.rule)
            for other, scope in enumerate(self._problem.scopes[state.claim])
            if not scope.rule.match and all(want.ask.index in scope.sources for want in about)
        ]
        opens = [0] * len(about)
        for element in tables[0]:
            narrowed: list[Want] = []
            for want, table in zip(about, tables, strict=True):
                open_ = want.open & table.get(element, 0)
                if open_.bit_count() < want.need:
                    break
                narrowed.append(Want(want.ask, want.need, open_))
            else:
                if self._overcommitted(state, narrowed) or any(
                    self._too_few_values(other, rule, narrowed) for other, rule in distinct
                ):
                    continue
                opens = [open_ | want.open for open_, want in zip(opens, narrowed, strict=True)]
        return opens

    def _too_few_values(self, number: int, rule: Rule, about: list[Want]) -> bool:
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

    def _room_for_shares(self) -> dict[int, dict[str, int]]:
        """What is left of each capacity of devices that are given out in shares."""
        found: dict[int, dict[str, int]] = {}
        for device in bits(self._layout.multi):
            taken = dict(self._problem.consumed.get(device, ()))
            room = self._layout.kinds[device].room
            found[device] = {name: value - taken.get(name, 0) for name, value in room}
        return found

    def _shares(self, state: State, device: int, wants: Sequence[Want]) -> int:
        """How many of the wants a device can serve at most."""
        most = len(wants)
        others = state.shares.get(device, {})
        taken = self._layout.kinds[device].amounts
        amounts = [dict(taken[want.ask.index]) for want in wants if want.open >> device & 1] if taken else []
        if not amounts:
            return most
        for name, room in self._may_share[device].items():
            least = min(one[name] for one in amounts)
            if least > 0:
                most = min(most, max(room - others.get(name, 0), 0) // least)
        return most

    def _overcommitted(self, state: State, wants: Sequence[Want], loose: Sequence[Want] = ()) -> bool:
        """Whether the requests together want more than the devices that they want can serve."""
        whole = [want for want in wants if not want.ask.admin]
        whole += [want for want in loose if not want.open & self._layout.multi]
        if len(whole) < 2:
            return False
        union = 0
        for want in whole:
            union |= want.open
        shared = union & self._layout.multi
        if not shared and union.bit_count() < sum(want.need for want in whole):
            return True
        rooms = {device: self._shares(state, device, whole) for device in bits(shared)}
        none = sum(1 << device for device, room in rooms.items() if not room)
        return not can_place([want.open & ~none for want in whole], [want.need for want in whole], rooms)

    def _too_few_groups(self, state: State, wants: Sequence[Want]) -> bool:
        """Whether several requests want devices of one value each, and there are fewer such groups of devices."""
        by_source: dict[int, list[Want]] = {}
        for want in wants:
            begun = want.ask is state.ask and state.chosen
            if want.need < 2 or want.ask.admin or begun or want.open & self._layout.multi:
                continue
            scopes = self._problem.scopes[want.ask.claim_index]
            own = {
                scopes[number].sources[want.ask.index]
                for number, rule, _ in self._problem.about[want.ask.index]
                if rule.match and not rule.lists and len(scopes[number].sources) == 1
            }
            for source in own:
                by_source.setdefault(source, []).append(want)
        return any(len(some) > 1 and self._fewer_groups(source, some) for source, some in by_source.items())

    def _fewer_groups(self, source: int, wants: list[Want]) -> bool:
        table = self._elements_of(source, False)
        union = 0
        for count, want in enumerate(sorted(wants, key=lambda want: -want.need), 1):
            union |= want.open
            if sum((union & devices).bit_count() // want.need for devices in table.values()) < count:
                return True
        return False

    def _shares_short(self, state: State, wants: Sequence[Want]) -> bool:
        """Whether shares of devices are wanted that are more than what is left of them."""
        shared = [want for want in wants if not want.ask.admin and not want.open & ~self._layout.multi]
        union = 0
        for want in shared:
            union |= want.open
        names = {name for device in bits(union) for name in self._may_share[device]}
        for name in names:
            rooms = [
                (1 << device, self._may_share[device][name] - state.shares.get(device, {}).get(name, 0))
                for device in bits(union)
                if name in self._may_share[device]
            ]
            known = sum(device for device, _ in rooms)
            portions = [
                Portion(want.need, self._least(want, name), want.open)
                for want in shared
                if not want.open & ~known
            ]
            if too_much(portions, rooms):
                return True
        return False

    def _least(self, want: Want, name: str) -> int:
        kinds = self._layout.kinds
        return min(dict(kinds[device].amounts[want.ask.index])[name] for device in bits(want.open))

    def _counters_short(self, state: State, wants: Sequence[Want], loose: Sequence[Want]) -> bool:
        """Whether fewer devices fit into what is left of the counters than are wanted."""
        if not self._counter_room:
            return False
        left, used = self._problem.left, state.used
        # A share may have paid already, and administrators do not pay.
        paying = [
            want for want in (*wants, *loose) if not want.ask.admin and not want.open & self._layout.multi
        ]
        union = 0
        for want in paying:
            union |= want.open
            if len(paying) > 1 and self._counter_room.most(want.open, used, left) < want.need:
                return True
        if self._counter_room.most(union, used, left) < sum(want.need for want in paying):
            return True
        return self._counter_room.too_much([(want.need, want.open) for want in paying], used, left)
