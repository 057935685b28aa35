"""Requests, and claims, that ask for the same as the one before them.

Like ones can trade their devices, so that in the first solution that is found they have theirs in order: the first device
of a later one does not come before that of an earlier one. What breaks the order needs not be tried.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from drakkar.allocator.demand.kinds import Scope
from drakkar.allocator.demand.layout import Layout
from drakkar.allocator.rules.requests import Ask, Plan, Wish
from drakkar.allocator.search.state import State


class LikeRequests:
    """For the claims of one call on one layout."""

    def __init__(self, plan: Plan, scopes: Sequence[Sequence[Scope]], layout: Layout) -> None:
        self._plan = plan
        self._scopes = scopes
        self._layout = layout
        # By claim and request, and by claim, those that are like the one before.
        self._wishes: set[tuple[int, int]] = set()
        self._claims: set[int] = set()
        before: list[Hashable] | None = None
        for claim, one in enumerate(plan.claims):
            mine = [self._content(claim, wish, shared=True) for wish in one.wishes]
            self._wishes.update(
                (claim, index)
                for index in range(1, len(mine))
                if mine[index] is not None and mine[index] == mine[index - 1]
            )
            whole = [self._content(claim, wish, shared=False) for wish in one.wishes]
            if whole and None not in whole and whole == before:
                self._claims.add(claim)
            before = whole

    def _content(self, claim: int, wish: Wish, shared: bool) -> Hashable | None:
        """All that a plain request asks for, apart from its name. Constraints that others are in, too, are the same only
        for requests of the one claim."""
        ask = wish.asks[0]
        if wish.chosen_among or ask.every or not ask.count:
            return None
        constraints: list[Hashable] = []
        for number, scope in enumerate(self._scopes[claim]):
            if ask.index not in scope.sources:
                continue
            alone = len(scope.sources) == 1
            members = tuple(sorted(self._place(other) for other in scope.sources))
            constraints.append(
                (scope.rule, scope.sources[ask.index], () if alone else number if shared else members)
            )
        amounts = tuple(kind.amounts[ask.index] if kind.amounts else () for kind in self._layout.kinds)
        constraints.sort(key=repr)
        return (self._layout.choices[ask.index], ask.count, ask.admin, amounts, tuple(constraints))

    def _place(self, index: int) -> int:
        """Which request of its claim an ask is for."""
        ask = self._plan.asks[index]
        wishes = self._plan.claims[ask.claim_index].wishes
        return next(place for place, wish in enumerate(wishes) if ask in wish.asks)

    def first(self, state: State, ask: Ask) -> int:
        """From where on a request looks for its next device."""
        if state.chosen:
            return state.cursor
        if (state.claim, state.wish) in self._wishes:
            return self._picked(state, self._size(state.claim, state.wish - 1))
        if not state.wish and state.claim in self._claims:
            return self._picked(state, self._sizes(state.claim - 1))
        return 0

    def lows(self, state: State) -> tuple[int, ...]:
        """The devices that what is still to be chosen must not come before."""
        claim, wish = state.claim, state.wish
        found = []
        if state.chosen:
            if (claim, wish + 1) in self._wishes:
                found.append(self._picked(state, state.chosen))
        elif (claim, wish) in self._wishes:
            found.append(self._picked(state, self._size(claim, wish - 1)))
        if not wish and not state.chosen and claim in self._claims:
            found.append(self._picked(state, self._sizes(claim - 1)))
        if claim + 1 in self._claims and state.in_claim:
            found.append(self._picked(state, state.in_claim))
        return tuple(found)

    def _size(self, claim: int, wish: int) -> int:
        return self._plan.claims[claim].wishes[wish].asks[0].count

    def _sizes(self, claim: int) -> int:
        return sum(self._size(claim, wish) for wish in range(len(self._plan.claims[claim].wishes)))

    def _picked(self, state: State, back: int) -> int:
        choice = state.last
        for _ in range(back - 1):
            if choice is not None:
                choice = choice.before
        return choice.device if choice is not None else 0
