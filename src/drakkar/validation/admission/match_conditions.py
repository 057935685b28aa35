"""Conditions in CEL that a request must meet before a policy or a webhook is asked."""

from __future__ import annotations

from collections.abc import Sequence

from drakkar.api.object import Object
from drakkar.cel.objects.composition import Compiled, Composition, is_internal, said
from drakkar.cel.objects.program import Program
from drakkar.cel.types import BOOL
from drakkar.validation import formats
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import text

_MOST = 64


def match_conditions(found: Findings, path: str, given: Sequence[Object], composition: Composition) -> None:
    """Each has a name of its own and an expression that compiles in this environment."""
    if len(given) > _MOST:
        found.too_many(path, len(given), _MOST)
    seen: set[str] = set()
    for at, condition in enumerate(given):
        here = f"{path}[{at}]"
        expression, name = text(condition, "expression").strip(), text(condition, "name")
        if not expression:
            found.required(f"{here}.expression")
        else:
            compiles(found, f"{here}.expression", expression, composition.condition(expression, (BOOL,)))
        if not name:
            found.required(f"{here}.name")
            continue
        found.each_invalid(f"{here}.name", name, formats.label_key(name))
        if name in seen:
            found.duplicate(f"{here}.name", name)
        seen.add(name)


def compiles(found: Findings, path: str, expression: str, made: Compiled) -> None:
    """Say why an expression does not compile, if it does not."""
    if isinstance(made, Program):
        return
    if is_internal(made):
        found.internal(path, said(made))
    else:
        found.invalid(path, expression, said(made))
