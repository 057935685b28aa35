"""Derived attributes of a request: named, computed by an expression, and used by a constraint (dra-semantics 1.5.3)."""

from __future__ import annotations

from drakkar.api.features import LIST_ATTRIBUTES, Features
from drakkar.cel import CompileError
from drakkar.cel import compile as compile_selector
from drakkar.validation import formats, names
from drakkar.validation.field_error import Findings, Object
from drakkar.validation.parts import items, text, unique, within
from drakkar.validation.selectors import LONGEST

_MOST = 32
_SCALARS = ("bool", "int", "string", "semver", "dyn")
_SCALAR = "must evaluate to a primitive scalar (string, integer, boolean, semver)"
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
) -> None:
    """The derived attributes of a request, or of an alternative `parent/name`."""
    if not within(found, path, attributes, _MOST):
        return
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
            _expression(found, f"{here}.expression", expression, features)
    unique(
        found, path, attributes, lambda one: text(one, "name"), lambda one: text(one, "name"), declared=False
    )


def _expression(found: Findings, path: str, source: str, features: Features) -> None:
    if formats.size(source) > LONGEST:
        found.too_long(path, LONGEST)
        return
    outcome = compile_selector(source, features)
    if not isinstance(outcome, CompileError):
        return
    if outcome.kind != "result":
        found.invalid(path, source, outcome.placed)
        return
    # Compiled as a selector it failed only for its type, which may be right for an attribute.
    kind = outcome.message.rpartition(", not ")[2]
    lists = LIST_ATTRIBUTES in features
    element = kind.removeprefix("list(").removesuffix(")") if lists and kind.startswith("list(") else kind
    if element not in _SCALARS:
        said = f"{_SCALAR} or a list of these scalars" if lists else _SCALAR
        found.invalid(path, source, f"{said}, not {kind}")


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
