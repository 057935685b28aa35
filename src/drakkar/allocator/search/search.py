"""The search: depth first over states that are never changed, so that going back is dropping one (dra-semantics 3.4).

The problem says which states follow a state, in the order in which they are to be tried; the first with nothing left to
choose is the answer. Once a way has turned out to lead nowhere, states are refuted before they are entered: by counting,
and by remembering what led nowhere before. Neither changes which solution is found first.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import NamedTuple

from drakkar.allocator.search.bounds import Bounds
from drakkar.allocator.search.problem import Problem, TooMany
from drakkar.allocator.search.state import State
from drakkar.allocator.search.state_key import StateKeys


class Found(NamedTuple):
    """The first complete state, and how many states were entered."""

    state: State
    steps: int


class Exhausted(NamedTuple):
    """There is no solution; or, with `limit_reached`, the bound on steps ended the search. `deepest` is the most devices
    that were chosen at once."""

    steps: int
    limit_reached: bool
    deepest: int


class _Frame:
    """A state on the way, and what of its successors is left to try."""

    __slots__ = ("alternatives", "checked", "failed_otherwise", "further", "state")

    def __init__(self, state: State, problem: Problem) -> None:
        self.state = state
        self.further: Iterator[State | TooMany] = problem.successors(state)
        self.alternatives = problem.chooses_alternative(state)
        # Whether some alternative failed for another reason than having too many devices.
        self.failed_otherwise = False
        self.checked = False


class _Search:
    def __init__(self, problem: Problem, limit: int, exact: bool) -> None:
        self._problem = problem
        self._limit = limit
        # Nothing that ends the call may be passed over unseen, so that only what was seen before is left out.
        self._exact = exact or problem.strict
        self._telling = exact
        self._trail: list[_Frame] = []
        self._bounds: Bounds | None = None
        self._keys: StateKeys | None = None
        self._led_nowhere: set[Hashable] = set()

    def run(self) -> Found | Exhausted:
        problem = self._problem
        state = problem.start()
        if problem.done(state):
            return Found(state, 1)
        self._trail.append(_Frame(state, problem))
        steps, deepest = 1, 0
        while self._trail:
            frame = self._trail[-1]
            further = next(frame.further, None)
            if further is None:
                self._back()
                continue
            if isinstance(further, TooMany):
                self._trail.pop()
                self._cut(frame.state.claim)
                continue
            steps += 1
            if problem.done(further):
                return Found(further, steps)
            if further.last is not frame.state.last:
                deepest = max(deepest, further.depth)
            if steps >= self._limit:
                return Exhausted(steps, True, deepest)
            if self._refuted(further):
                frame.failed_otherwise = True
                continue
            self._trail.append(_Frame(further, problem))
        return Exhausted(steps, False, deepest)

    def _back(self) -> None:
        """Leave a state from which all was tried."""
        frame = self._trail.pop()
        if frame.alternatives and not frame.failed_otherwise:
            self._cut(frame.state.claim)
            return
        while True:
            self._remember(frame.state)
            if not self._trail:
                return
            above = self._trail[-1]
            above.failed_otherwise = True
            if above.checked or self._exact:
                return
            # The first to come back here finds out whether there is any use in trying the rest.
            above.checked = True
            if not self._hopeless(above.state):
                return
            frame = self._trail.pop()

    def _cut(self, claim: int) -> None:
        """Give up on whatever had no alternatives of the claim, up to the next alternative (dra-semantics 3.4.6)."""
        while self._trail:
            frame = self._trail[-1]
            if frame.state.claim != claim:
                frame.failed_otherwise = True
                return
            if frame.alternatives:
                return
            self._trail.pop()

    def _hopeless(self, state: State) -> bool:
        if self._bounds is None:
            self._bounds = Bounds(self._problem)
        return self._bounds.hopeless(state)

    def _remember(self, state: State) -> None:
        if self._telling:
            return
        if self._keys is None:
            self._problem.keep_order()
            self._keys = StateKeys(self._problem)
        self._led_nowhere.add(self._keys.key(state))

    def _refuted(self, state: State) -> bool:
        if self._keys is None:
            return False
        if self._keys.key(state) in self._led_nowhere:
            return True
        return not self._exact and self._hopeless(state)


def search(problem: Problem, limit: int, exact: bool = False) -> Found | Exhausted:
    """The first complete state, or that there is none within so many steps.

    With `exact` nothing is refuted unseen, for those who listen.
    """
    return _Search(problem, limit, exact).run()
