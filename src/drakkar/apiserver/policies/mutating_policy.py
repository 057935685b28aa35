"""A compiled MutatingAdmissionPolicy, and what it makes of one object with one parameter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from drakkar.api.object import Object
from drakkar.apiserver.patch.errors import PatchError
from drakkar.apiserver.policies.evaluation import BUDGET, Evaluation, OutOfBudgetError, Room
from drakkar.apiserver.policies.match_conditions import MatchConditions
from drakkar.apiserver.policies.variables import Given, Versioned
from drakkar.cel.environment.patch_types import JSON_PATCH, OBJECT
from drakkar.cel.objects.composition import Compiled, Composition, said
from drakkar.cel.objects.program import Program
from drakkar.cel.types import list_of

# By the type of a patch, the field that has its expression, and what that must come to.
_PATCHES: Final = {"ApplyConfiguration": "applyConfiguration", "JSONPatch": "jsonPatch"}
_WANTED: Final = {"ApplyConfiguration": OBJECT, "JSONPatch": list_of(JSON_PATCH)}


class Mutation(NamedTuple):
    """One change that a policy makes; `by_operations` tells those by JSONPatch."""

    by_operations: bool
    expression: str
    compiled: Compiled


class MutatingPolicy:
    """Everything that a policy says, compiled once; asking it changes nothing."""

    def __init__(self, policy: Object) -> None:
        spec = policy["spec"]
        composition = Composition.of(spec)
        self.asked_again = spec.get("reinvocationPolicy") == "IfNeeded"
        self._variables = composition.variables
        self._conditions = MatchConditions(composition, spec.get("matchConditions") or ())
        self.mutations = [_mutation(one, composition.change) for one in spec.get("mutations") or ()]

    def concerns(self, about: Versioned, params: Any, room: Room) -> bool:
        """Whether the object as it is now meets the policy's conditions; ConditionError where that cannot be told."""
        return self._conditions.match(about, params, room)

    def value(
        self, mutation: Mutation, about: Versioned, params: Any, namespace: Object | None, room: Room
    ) -> Any:
        """What the expression of a mutation comes to; PatchError in upstream's words where it comes to nothing."""
        compiled = mutation.compiled
        if not isinstance(compiled, Program):
            raise PatchError(said(compiled))
        given = Given(about, about.described, params, namespace)
        try:
            answer = Evaluation(self._variables, given, BUDGET, room).ask(compiled, mutation.expression)
        except OutOfBudgetError as error:
            raise PatchError(str(error)) from None
        if answer.error:
            raise PatchError(answer.error)
        return answer.value


def _mutation(given: Object, compiled: Callable[[str, Any], Compiled]) -> Mutation:
    kind = given["patchType"]
    expression = given[_PATCHES[kind]]["expression"]
    return Mutation(kind == "JSONPatch", expression, compiled(expression, _WANTED[kind]))
