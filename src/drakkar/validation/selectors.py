"""CEL selectors of claims and classes: there, short enough, and such that they compile (dra-semantics 1.1.7)."""

from __future__ import annotations

from drakkar.api.features import Features
from drakkar.api.object import Object
from drakkar.cel import COST_LIMIT, CompileError
from drakkar.cel import compile as compile_selector
from drakkar.validation import formats
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import mapping, text, within

_MOST = 32
LONGEST = 10 * 1024


def selectors(
    found: Findings, path: str, given: list[Object], features: Features, *, stored: bool = False
) -> None:
    """A list of selectors; those that are `stored` compiled once and are not compiled again."""
    if not within(found, path, given, _MOST):
        return
    for at, selector in enumerate(given):
        here = f"{path}[{at}].cel"
        if selector.get("cel") is None:
            found.required(here)
        elif not stored:
            expression(found, f"{here}.expression", text(mapping(selector, "cel"), "expression"), features)


def expression(found: Findings, path: str, source: str, features: Features) -> None:
    """One new expression."""
    if formats.size(source) > LONGEST:
        found.too_long(path, LONGEST)
        return
    outcome = compile_selector(source, features)
    if isinstance(outcome, CompileError):
        found.invalid(path, source, outcome.placed)
    elif outcome.max_cost > COST_LIMIT:
        found.forbidden(path, "too complex, exceeds cost limit")
