"""Expressions one after the other within a budget, and what each came to in upstream's words."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from drakkar.apiserver import errors
from drakkar.apiserver.beside import TooHeavyError
from drakkar.apiserver.policies.variables import Given, Variables
from drakkar.cel.objects.composition import Compiled, said
from drakkar.cel.objects.program import Outcome, Program
from drakkar.cel.outcome import EvalError, Fault
from drakkar.cel.values import COST_LIMIT

# In the units of CEL's costs, of which a thousand are a few milliseconds.
BUDGET: Final = 10_000_000
MATCH_BUDGET: Final = 2_500_000
# Of the thread's own time, for all expressions of one request: others wait for that thread, too.
LONGEST: Final = 20.0
_ON_THE_LOOP: Final = 5_000
_OUT: Final = "validation failed due to running out of cost budget, no further validation rules will be run"


class OutOfBudgetError(Exception):
    """Nothing more of this policy is run."""

    def __init__(self) -> None:
        super().__init__(_OUT)


class Room:
    """What all expressions of one request may cost together where it is looked at."""

    def __init__(self, beside: bool) -> None:
        """Beside the event loop each policy has a budget of its own, and all of them have some seconds together."""
        self._left = None if beside else _ON_THE_LOOP
        self._spent = 0.0
        self._running = False

    def spend(self, cost: int) -> None:
        """Take room for other work, in the same units, before it is done; TooHeavyError where there is none here."""
        if self._left is None:
            return
        if cost > self._left:
            raise TooHeavyError
        self._left -= cost

    def run(self, program: Program, given: Given) -> Outcome:
        """Run an expression; TooHeavyError where there is no room for it here, StatusError 504 where there was no end of them."""
        if self._left is None:
            return self._beside(program, given)
        outcome = program.run(given.read, min(self._left, COST_LIMIT))
        if outcome.exhausted:
            raise TooHeavyError
        self._left -= outcome.cost
        return outcome

    def _beside(self, program: Program, given: Given) -> Outcome:
        if self._spent > LONGEST:
            raise errors.timeout("request did not complete within requested timeout")
        if self._running:
            # A variable is worked out within the expression that names it.
            return program.run(given.read)
        began, self._running = time.thread_time(), True
        try:
            return program.run(given.read)
        finally:
            self._running = False
            self._spent += time.thread_time() - began


class Answer(NamedTuple):
    """What an expression came to: a value, or why there is none."""

    value: Any
    error: str = ""


class Evaluation:
    """A run of expressions that share their variables, each of which is worked out once."""

    def __init__(self, variables: Mapping[str, Compiled], given: Given, budget: int, room: Room) -> None:
        self.left = budget
        self._compiled = variables
        self._given = given
        self._room = room
        self._spent = 0
        given.variables = Variables(tuple(variables), self._variable)

    def ask(self, compiled: Compiled, expression: str) -> Answer:
        """What an expression comes to; OutOfBudgetError."""
        if not isinstance(compiled, Program):
            return Answer(None, f"compilation error: {said(compiled)}")
        self._spent = 0
        outcome = self._room.run(compiled, self._given)
        self.left -= self._spent + outcome.cost
        if self.left < 0:
            raise OutOfBudgetError
        if isinstance(outcome.value, EvalError):
            return Answer(None, f"expression '{expression}' resulted in error: {outcome.value}")
        return Answer(outcome.value)

    def _variable(self, name: str) -> Any:
        compiled = self._compiled[name]
        if not isinstance(compiled, Program):
            raise Fault(f'composited variable "{name}" fails to compile: {said(compiled)}')
        outcome = self._room.run(compiled, self._given)
        self._spent += outcome.cost
        if isinstance(outcome.value, EvalError):
            raise Fault(f'composited variable "{name}" fails to evaluate: {outcome.value}')
        return outcome.value
