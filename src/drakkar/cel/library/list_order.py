"""How CEL values compare in sorting, minimum and maximum, where a pair without an order is no error."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from drakkar.cel.library.go_sort import sorted_positions
from drakkar.cel.library.time_values import Duration, Timestamp
from drakkar.cel.outcome import Fault, LimitExceeded
from drakkar.cel.values import UInt

_ORDERED: Final = frozenset((bool, int, UInt, float, str, bytes, Duration, Timestamp))
_NUMBERS: Final = frozenset((int, UInt, float))
_FEW: Final = 12
# Upstream charges twice the square of the length, which an expression can pay up to 707.
_MANY: Final = 1_000


def check_ordered(item: object) -> None:
    """Fault for a value of a type that has no order at all."""
    if type(item) not in _ORDERED:
        raise Fault("no such overload: the elements of the list have no order")


def compare(left: Any, right: Any) -> int | None:
    """-1, 0 or 1; None where Go's Compare gives an error: types that do not mix, NaN."""
    kind, other = type(left), type(right)
    if kind is not other:
        if kind not in _NUMBERS or other not in _NUMBERS:
            return None
        if kind is float or other is float:
            # Go rounds the whole number to a double first.
            left, right = float(left), float(right)
    if left < right:
        return -1
    if left > right:
        return 1
    return 0 if left == right else None


def in_order(keys: Sequence[Any], items: Sequence[Any]) -> tuple[Any, ...]:
    """The items in the order of their keys; Fault unless all keys are of one type that has an order.

    Items with equal keys come in the order that Go's (unstable) sort gives them.
    """
    if not keys:
        return tuple(items)
    if len(keys) > _MANY:
        raise LimitExceeded
    kind = type(keys[0])
    if kind not in _ORDERED:
        raise Fault("list elements must be comparable")
    if any(type(key) is not kind for key in keys):
        raise Fault("list elements must have the same type")
    if keys is items and kind not in (float, Timestamp):
        # Equal elements cannot be told apart; only 0.0 from -0.0 can, and time zones.
        return tuple(sorted(items))
    if kind is not float or all(key == key for key in keys):
        positions = sorted(range(len(keys)), key=keys.__getitem__)
        # Go sorts a few by insertion, which is stable; of more, only equal keys can tell the difference.
        if len(keys) <= _FEW or all(keys[a] != keys[b] for a, b in pairwise(positions)):
            return tuple(items[at] for at in positions)
    return tuple(items[at] for at in sorted_positions(keys, _less))


def _less(left: Any, right: Any) -> bool:
    return bool(left < right)
