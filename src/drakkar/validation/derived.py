"""Derived attributes of a request: named, computed by an expression, and used by a constraint (dra-semantics 1.5.3)."""

from __future__ import annotations

from drakkar.api.features import Features
from drakkar.api.object import Object
from drakkar.cel import COST_LIMIT, CompileError, compile_derived
from drakkar.validation import formats, names
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, text, unique, within
from drakkar.validation.selectors import LONGEST

_MOST = 32
_UNUSED = (
    "must be referenced by at least one matchAttribute or distinctAttribute constraint targeting this request"
)


def derived_attributes(
    found: Findings,
    path: str,
    attributes: list[Object],
    request: str,
    constraints: list[Object],
    features: Features,
) -> int:
    """The derived attributes of a request, or of an alternative `parent/name`; what they cost together at most."""
    if not within(found, path, attributes, _MOST):
        return 0
    cost = 0
    used = _used(request, constraints)
    for at, attribute in enumerate(attributes):
        here = f"{path}[{at}]"
        name, expression = text(attribute, "name"), text(attribute, "expression")
        if name:
            names.fully_qualified(found, f"{here}.name", name)
            if name not in used:
                found.invalid(f"{here}.name", name, _UNUSED, typed=True)
        else:
            found.required(f"{here}.name", declared=True)
        if not expression:
            found.required(f"{here}.expression", declared=True)
        else:
            cost += _expression(found, f"{here}.expression", expression, features)
    unique(
        found, path, attributes, lambda one: text(one, "name"), lambda one: text(one, "name"), declared=False
    )
    return cost


def _expression(found: Findings, path: str, source: str, features: Features) -> int:
    if formats.size(source) > LONGEST:
        found.too_long(path, LONGEST)
        return 0
    outcome = compile_derived(source, features)
    if isinstance(outcome, CompileError):
        found.invalid(path, source, outcome.message if outcome.kind == "result" else outcome.placed)
        return 0
    if outcome.max_cost > COST_LIMIT:
        found.forbidden(path, "too complex, exceeds cost limit")
    return outcome.max_cost


def _used(request: str, constraints: list[Object]) -> set[str]:
    """The attributes that constraints on this request, on its parent or on all requests compare."""
    targets = {request, request.partition("/")[0]}
    used = set()
    for constraint in constraints:
        over = items(constraint, "requests")
        if not over or targets.intersection(over):
            # Where both are set, only the first counts.
            used.add(constraint.get("matchAttribute") or constraint.get("distinctAttribute") or "")
    return used
