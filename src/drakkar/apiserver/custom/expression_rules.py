"""The rules of a schema in CEL, x-kubernetes-validations. They are read and kept; whoever evaluates them stands behind the
one function here, and until then a definition that has some is taken with a warning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drakkar.apiserver.custom.schema import Schema
from drakkar.validation.field_error import FieldError

NOT_EVALUATED = "x-kubernetes-validations rules are stored and not evaluated by this server"


def problems(schema: Schema, new: Any, old: Any | None) -> list[FieldError]:
    """What the rules have against an object, or against a change of it; `old` is None for a new one.

    It is asked of objects only that are otherwise as their schema says.
    """
    return []


def has_rules(schema: Schema) -> bool:
    """Whether any part of a schema has rules."""
    return any(one.rules for one in _all(schema))


def _all(schema: Schema) -> Iterator[Schema]:
    waiting = [schema]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += one.properties.values()
        waiting += [child for child in (one.items, one.values) if child is not None]
        waiting += one.all_of
