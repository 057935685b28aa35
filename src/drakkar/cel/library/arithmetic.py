"""Sums, products and the like of numbers, and what `+` does to strings, bytes and lists."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from drakkar.cel.outcome import Fault, LimitExceeded
from drakkar.cel.typed import TYPED_LISTS
from drakkar.cel.values import SIZE_LIMIT, JoinedList, UInt


def int64(value: int) -> int:
    """The value; Fault where it does not fit into 64 bits."""
    if -(2**63) <= value < 2**63:
        return value
    raise Fault("integer overflow")


def uint64(value: int) -> UInt:
    """The value as an unsigned integer; Fault where it does not fit into 64 bits."""
    if 0 <= value < 2**64:
        return UInt(value)
    raise Fault("unsigned integer overflow")


def divide_int(left: int, right: int) -> int:
    """The quotient, rounded towards zero."""
    if right == 0:
        raise Fault("division by zero")
    whole = abs(left) // abs(right)
    return int64(whole if (left < 0) == (right < 0) else -whole)


def modulo_int(left: int, right: int) -> int:
    """The remainder, with the sign of the dividend; Fault where the quotient would overflow."""
    if right == 0:
        raise Fault("modulus by zero")
    if right == -1:
        int64(-left)
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


def divide_uint(left: int, right: int) -> UInt:
    """The quotient, rounded down."""
    if right == 0:
        raise Fault("division by zero")
    return UInt(left // right)


def modulo_uint(left: int, right: int) -> UInt:
    """The remainder."""
    if right == 0:
        raise Fault("modulus by zero")
    return UInt(left % right)


def divide_double(left: float, right: float) -> float:
    """The quotient by IEEE 754: nothing fails, and zero has a sign."""
    if right:
        return left / right
    if math.isnan(left) or math.isnan(right) or left == 0:
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def join_lists(left: tuple[Any, ...], right: tuple[Any, ...]) -> tuple[Any, ...]:
    """One list after the other, as far as the first allows it; with an empty one it is the other itself."""
    if type(left) in TYPED_LISTS:
        if len(left) + len(right) > SIZE_LIMIT:
            raise LimitExceeded
        together: tuple[Any, ...] = left.joined(right)  # type: ignore[attr-defined]
        return together
    return JoinedList(joined(left, right)) if left and right else left or right


def joined(left: Any, right: Any) -> Any:
    """One string, bytes or list after the other."""
    if len(left) + len(right) > SIZE_LIMIT:
        raise LimitExceeded
    return left + right


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "add_int64": lambda left, right: int64(left + right),
    "subtract_int64": lambda left, right: int64(left - right),
    "multiply_int64": lambda left, right: int64(left * right),
    "divide_int64": divide_int,
    "modulo_int64": modulo_int,
    "negate_int64": lambda value: int64(-value),
    "add_uint64": lambda left, right: uint64(left + right),
    "subtract_uint64": lambda left, right: uint64(left - right),
    "multiply_uint64": lambda left, right: uint64(left * right),
    "divide_uint64": divide_uint,
    "modulo_uint64": modulo_uint,
    "add_double": operator.add,
    "subtract_double": operator.sub,
    "multiply_double": operator.mul,
    "divide_double": divide_double,
    "negate_double": operator.neg,
    "add_string": joined,
    "add_bytes": joined,
    "add_list": join_lists,
}
