"""Kubernetes' quantities in expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from drakkar.api.quantity import NANO, Quantity, QuantityError
from drakkar.cel.outcome import Fault

# Upstream caps amounts of binary suffixes here, and keeps what it capped as the whole number that it then is.
_CAP: Final = (2**63 - 1) * NANO


class Sum(Quantity):
    """What `add` and `sub` give: upstream keeps it in a form that no other quantity takes for its equal."""

    __slots__ = ("places",)
    cel_type = "kubernetes.Quantity"

    def __init__(self, nanos: int, family: str, scale: int | None = None, places: int = 9) -> None:
        """`places` are the decimal places of a sum that upstream keeps as a decimal."""
        super().__init__(nanos, family, scale)
        self.places = places


def _fits(value: int) -> bool:
    return -(2**63) <= value < 2**63


def _counted(quantity: Quantity, scale: int) -> int:
    """How many of a power of ten a quantity is; none is finer than a nano."""
    return quantity.nanos // int(10 ** (9 + scale))


def _places(quantity: Quantity) -> int:
    """The decimal places upstream keeps a quantity with."""
    if quantity.scale is not None:
        return -quantity.scale
    if isinstance(quantity, Sum):
        return quantity.places
    return 0 if quantity.family == "binary" and abs(quantity.nanos) == _CAP else 9


def _small_sum(left: Quantity, right: Quantity, sign: int) -> tuple[int, int] | None:
    """The sum in whole numbers of 64 bits and its scale, as long as it is one; else upstream counts in decimals."""
    if left.scale is None or right.scale is None:
        return None
    first, second = _counted(left, left.scale), sign * _counted(right, right.scale)
    if not _fits(second):
        # The least number of 64 bits is its own negative.
        second = -second
    if second == 0:
        return first, left.scale
    if first == 0:
        return second, right.scale
    scale = min(left.scale, right.scale)
    first, second = first * 10 ** (left.scale - scale), second * 10 ** (right.scale - scale)
    return (first + second, scale) if all(map(_fits, (first, second, first + second))) else None


def _sum(left: Quantity, right: Quantity, sign: int = 1) -> Sum:
    family = left.family if left.nanos else right.family
    small = _small_sum(left, right, sign)
    if small is None:
        places = max(_places(left), _places(right))
        return Sum(left.nanos + sign * right.nanos, family, None, places)
    number, scale = small
    return Sum(number * 10 ** (9 + scale), family, scale)


def _whole(number: int) -> Quantity:
    return Quantity(number * NANO, "exponent", 0)


def parse(text: str) -> Quantity:
    """`quantity(text)`."""
    try:
        known = Quantity.parse(text)
        # Another one each time: as keys of a map two of them are not the same.
        return Quantity(known.nanos, known.family, known.scale)
    except QuantityError as error:
        raise Fault(str(error)) from None


def _is_quantity(text: str) -> bool:
    try:
        Quantity.parse(text)
    except QuantityError:
        return False
    return True


def _is_integer(quantity: Quantity) -> bool:
    # Upstream holds amounts that it keeps in a fraction or a decimal to be none, whole or not.
    return quantity.scale is not None and quantity.scale >= 0 and _fits(quantity.nanos // NANO)


def _as_integer(quantity: Quantity) -> int:
    if not _is_integer(quantity):
        raise Fault("cannot convert value to integer")
    return quantity.nanos // NANO


def _as_float(quantity: Quantity) -> float:
    scale = -_places(quantity)
    if scale == 0:
        return float(quantity.nanos // NANO)
    count = quantity.nanos // 10 ** (9 + scale)
    return float(count) * float(f"1e{scale}")


def _compare(left: Quantity, right: Quantity) -> int:
    return (left.nanos > right.nanos) - (left.nanos < right.nanos)


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "string_to_quantity": parse,
    "is_quantity_string": _is_quantity,
    "quantity_add": _sum,
    "quantity_add_int": lambda quantity, number: _sum(quantity, _whole(number)),
    "quantity_sub": lambda left, right: _sum(left, right, -1),
    "quantity_sub_int": lambda quantity, number: _sum(quantity, _whole(number), -1),
    "quantity_get_float": _as_float,
    "quantity_get_int": _as_integer,
    "quantity_is_integer": _is_integer,
    "quantity_compare_to": _compare,
    "quantity_is_greater_than": lambda left, right: left.nanos > right.nanos,
    "quantity_is_less_than": lambda left, right: left.nanos < right.nanos,
    "quantity_sign": lambda quantity: _compare(quantity, Quantity(0)),
}
