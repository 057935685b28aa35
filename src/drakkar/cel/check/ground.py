"""Which overloads take types that are fully known: most calls, for which nothing need be bound for later."""

from __future__ import annotations

from itertools import repeat

from drakkar.cel.check.effort import Effort
from drakkar.cel.check.unify import NULLABLE, SCALAR, most_general
from drakkar.cel.environment.declarations import Overload
from drakkar.cel.types import Type

_ANYTHING = frozenset(("dyn", "any", "error"))


def result_of(overload: Overload, given: tuple[Type, ...], effort: Effort) -> Type | None:
    """What an overload gives for operands without type parameters in them; None where it does not take them.

    A parameter that the operands leave open is open in the result as well.
    """
    bound: dict[str, Type] = {}
    for left, right in zip(given, overload.params, strict=True):
        if not _fits(left, right, bound, effort):
            return None
    return _filled(overload.result, bound)


def _fits(left: Type, right: Type, bound: dict[str, Type], effort: Effort) -> bool:
    if left is right:
        return True
    kind, wanted = left.kind, right.kind
    if wanted == "param":
        before = bound.get(right.name)
        if before is None:
            bound[right.name] = left
        elif left != before:
            if not _fits(left, before, bound, effort):
                return False
            bound[right.name] = most_general(left, before)
        return True
    if kind in _ANYTHING or wanted in _ANYTHING:
        return True
    if kind == "null" or wanted == "null":
        other = wanted if kind == "null" else kind
        return other in NULLABLE or other == "null"
    if kind != wanted:
        return False
    if kind == "type":
        return True
    if left.name != right.name or len(left.params) != len(right.params):
        return False
    if kind in SCALAR:
        return left == right
    effort.spend()
    return all(map(_fits, left.params, right.params, repeat(bound), repeat(effort)))


def _filled(type_: Type, bound: dict[str, Type]) -> Type:
    if type_.ground:
        return type_
    if type_.kind == "param":
        return bound.get(type_.name, type_)
    return Type(type_.kind, type_.name, tuple([_filled(param, bound) for param in type_.params]))
