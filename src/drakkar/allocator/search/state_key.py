"""When two states lead to the same: what is still to be chosen is asked of as many devices of each kind.

Which of several like devices were chosen, and in which order, is forgotten; so is what no request to come reads.
"""

from __future__ import annotations

from collections.abc import Hashable

from drakkar.allocator.rules.constraints import settled
from drakkar.allocator.rules.requests import Ask
from drakkar.allocator.search.problem import Problem
from drakkar.allocator.search.state import State


class StateKeys:
    """Makes keys of states: equal keys, equal futures."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._admin = any(ask.admin for ask in problem.plan.asks)
        # By position in the claims: the sets of devices that are alike for all requests from there on.
        self._alike: dict[tuple[int, int], list[int]] = {}

    def key(self, state: State) -> Hashable:
        """Equal for two states if either may be dropped because the other led nowhere."""
        problem, ask = self._problem, state.ask
        scopes = problem.scopes[state.claim] if state.claim < len(problem.scopes) else ()
        wish = state.wish if ask is None else state.wish + 1
        tail = -1
        if ask is not None:
            # What is left to choose for the request under way: these very devices.
            tail = problem.layout.choices[ask.index] | problem.layout.fails[ask.index]
            tail &= -(1 << problem.first(state, ask))
            tail &= ~problem.blocked(state, ask)
        remaining = self._remaining(state.claim, state.wish)
        return (
            state.claim,
            state.wish,
            -1 if ask is None else ask.index,
            state.chosen,
            state.in_claim,
            tail,
            self._counts(state, wish),
            problem.like_requests.lows(state) if problem.like_requests is not None else (),
            tuple(
                settled(scope.rule, seen)
                for scope, seen in zip(scopes, state.seen, strict=True)
                if any(other in scope.sources for other in remaining)
            ),
            state.used,
            state.groups,
            frozenset((device, *sums.items()) for device, sums in state.shares.items()),
        )

    def _remaining(self, claim: int, wish: int) -> tuple[int, ...]:
        if claim >= len(self._problem.plan.claims):
            return ()
        return tuple(ask.index for one in self._problem.plan.claims[claim].wishes[wish:] for ask in one.asks)

    def _counts(self, state: State, wish: int) -> tuple[Hashable, ...]:
        sets = self._alike.get((state.claim, wish))
        if sets is None:
            sets = self._alike[state.claim, wish] = self._sets(state.claim, wish)
        taken = state.taken
        if not self._admin:
            return tuple((taken & devices).bit_count() for devices in sets)
        plain, here = state.plain, state.here
        return tuple(
            (
                (taken & devices).bit_count(),
                (plain & devices).bit_count(),
                (here & devices).bit_count(),
                (plain & here & devices).bit_count(),
            )
            for devices in sets
        )

    def _sets(self, claim: int, wish: int) -> list[int]:
        problem, layout = self._problem, self._problem.layout
        asks: list[Ask] = []
        for index, plan in enumerate(problem.plan.claims[claim:]):
            for one in plan.wishes[wish if index == 0 else 0 :]:
                asks += one.asks
        sources = sorted(
            {
                scope.sources[ask.index]
                for ask in asks
                for scope in problem.scopes[ask.claim_index]
                if ask.index in scope.sources
            }
        )
        mine = sum(1 << ask.index for ask in asks)
        found: dict[Hashable, int] = {}
        for device, kind in enumerate(layout.kinds):
            if not (kind.fits | kind.fails) & mine or layout.multi >> device & 1:
                # Nobody to come looks at it; what a shared device has left is in the key as it is.
                continue
            alike = (
                kind.fits & mine,
                kind.fails & mine,
                kind.refused,
                kind.untolerated & mine,
                tuple(kind.values[source] for source in sources),
                layout.uses[device],
                layout.groups[device],
                problem.in_use >> device & 1,
                problem.consumed.get(device),
                # A request for all devices takes them one by one, so that none stands in for another.
                device if any(ask.every and kind.fits >> ask.index & 1 for ask in asks) else -1,
            )
            found[alike] = found.get(alike, 0) | 1 << device
        return list(found.values())
