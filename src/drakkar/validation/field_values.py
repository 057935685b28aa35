"""Reading and comparing parts of plain objects, where an absent, a null and an empty list or map are the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from drakkar.api.object import Object, alike
from drakkar.validation.field_error import Findings

_T = TypeVar("_T")


def same(one: Any, other: Any) -> bool:
    """Whether two values mean the same."""
    return alike(one, other) or _same(one, other)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return all(_same(one.get(key), other.get(key)) for key in one.keys() | other.keys())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if _nothing(one) or _nothing(other):
        return _nothing(one) and _nothing(other)
    # True is no 1 here.
    return type(one) is type(other) and bool(one == other)


def _nothing(value: Any) -> bool:
    """Absent, or an object or list with nothing in it, at any depth."""
    if isinstance(value, dict):
        return all(map(_nothing, value.values()))
    return value is None or value == []


def mapping(obj: Object, key: str) -> Object:
    """A part that is an object; empty if it is absent."""
    return obj.get(key) or {}


def items(obj: Object, key: str) -> list[Any]:
    """A part that is a list; empty if it is absent."""
    return obj.get(key) or []


def text(obj: Object, key: str) -> str:
    """A part that is a string; empty if it is absent."""
    return obj.get(key) or ""


def within(found: Findings, path: str, values: Sequence[Any], most: int, *, declared: bool = True) -> bool:
    """Whether a list is no longer than it may be; if it is, that is all there is to say about it."""
    if len(values) <= most:
        return True
    found.too_many(path, len(values), most, declared=declared)
    return False


def immutable(found: Findings, path: str, new: Any, old: Any) -> None:
    """A part is what it was; the message shows what it is now."""
    if not same(new, old):
        found.invalid(path, new, "field is immutable")


def unique(
    found: Findings,
    path: str,
    values: Sequence[_T],
    key: Callable[[_T], object],
    name: Callable[[_T], object] | None = None,
    *,
    declared: bool = True,
) -> None:
    """No two values of a list have the same key; the message shows `name`, or the whole value."""
    seen: set[object] = set()
    for at, value in enumerate(values):
        mark = key(value)
        if mark in seen:
            found.duplicate(f"{path}[{at}]", name(value) if name else value, declared=declared)
        seen.add(mark)
