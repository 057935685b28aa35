"""Conditions that a request must meet before a policy or a webhook is asked about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.policies.evaluation import MATCH_BUDGET, Evaluation, OutOfBudgetError, Room
from drakkar.apiserver.policies.variables import Given, Versioned
from drakkar.cel.objects.composition import Composition
from drakkar.cel.types import BOOL


class ConditionError(Exception):
    """It cannot be told whether the request meets them."""


class MatchConditions:
    """Conditions, compiled once; all of them must be true."""

    def __init__(self, composition: Composition, given: Sequence[Object]) -> None:
        self._variables = composition.variables
        self._conditions = [
            (one["expression"], composition.condition(one["expression"], (BOOL,))) for one in given
        ]

    def match(self, about: Versioned, params: Any, room: Room) -> bool:
        """Whether all are met; one that is not decides, and only then does an error count. Raises ConditionError."""
        if not self._conditions:
            return True
        given = Given(about, about.described_as_sent, params, None)
        evaluation = Evaluation(self._variables, given, MATCH_BUDGET, room)
        try:
            answers = [evaluation.ask(compiled, expression) for expression, compiled in self._conditions]
        except OutOfBudgetError as error:
            raise ConditionError(str(error)) from None
        if any(one.value is False for one in answers):
            return False
        errors = list(dict.fromkeys(one.error for one in answers if one.error))
        if errors:
            raise ConditionError(errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]")
        return True
