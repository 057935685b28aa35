"""Kubernetes quantities: exact amounts such as 80Gi, 500m or 1e3, compared by value and written in canonical form."""

from __future__ import annotations

import functools
import re
from functools import total_ordering

_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_FORM = re.compile(
    r"([+-]?)([0-9]*(?:\.[0-9]*)?)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]?|[eE][+-]?[0-9]{1,4})", re.ASCII
)
# Nano-units in one, and in a thousandth.
NANO = 10**9
MILLI = NANO // 1000
_MOST = 2**63 - 1
# Of more than so many whole ones upstream does not look at the thousandths, which would not fit.
FINE = _MOST // 1000
_LONGEST = 256
_LARGEST = _MOST * NANO


def _scale_of(digits: str, suffix: str, nano: int) -> int | None:
    """Upstream keeps short numbers as whole ones of a power of ten, and only those count as integers."""
    number, _, fraction = digits.partition(".")
    length = len(number.lstrip("0")) or 1
    if suffix in _BINARY:
        room = 14 - length - 3 * _BINARY[suffix]
        return 0 if room >= 0 and not fraction and nano <= _LARGEST else None
    scale = (_DECIMAL[suffix] if suffix in _DECIMAL else int(suffix[1:])) - len(fraction)
    return scale if length + len(fraction) <= 18 and scale >= -9 else None


class QuantityError(ValueError):
    """The text is no quantity."""


@total_ordering
class Quantity:
    """An amount in whole nano-units; finer fractions are rounded away from zero, as Kubernetes does."""

    __slots__ = ("family", "nanos", "scale")

    def __init__(self, nanos: int, family: str = "decimal", scale: int | None = None) -> None:
        """`scale` is the power of ten of which upstream keeps a whole number of, None where it keeps a decimal."""
        self.nanos = nanos
        self.family = family
        self.scale = scale

    @staticmethod
    def parse(text: str) -> Quantity:
        """Read a quantity; QuantityError for anything else."""
        return _parsed(text)

    def __eq__(self, other: object) -> bool:
        return self.nanos == other.nanos if isinstance(other, Quantity) else NotImplemented

    def __lt__(self, other: Quantity) -> bool:
        return self.nanos < other.nanos

    def __add__(self, other: Quantity) -> Quantity:
        """The sum, in the form of the first; of the other where the first is nothing."""
        return Quantity(self.nanos + other.nanos, self.family if self.nanos else other.family)

    def __sub__(self, other: Quantity) -> Quantity:
        """The difference, in the form of the first; of the other where the first is nothing."""
        return Quantity(self.nanos - other.nanos, self.family if self.nanos else other.family)

    def __hash__(self) -> int:
        return hash(self.nanos)

    def value(self, unit: int = NANO) -> int:
        """How many whole ones, or units of so many nano-units, rounded up; no more than 64 bits hold."""
        return max(-_MOST, min(-(-self.nanos // unit), _MOST))

    def __repr__(self) -> str:
        return f"Quantity({self.format()})"

    def format(self) -> str:
        """The canonical text: no fraction, the largest suffix of its family that allows that."""
        sign, amount = ("-" if self.nanos < 0 else ""), abs(self.nanos)
        # Below 1024, and for fractions, binary suffixes say nothing; Kubernetes writes those as decimal.
        if self.family == "binary" and amount >= 1024 * NANO and amount % NANO == 0:
            whole = amount // NANO
            power = 0
            while power < 6 and whole % 1024 == 0:
                whole, power = whole // 1024, power + 1
            return f"{sign}{whole}{['', *_BINARY][power]}"
        if amount == 0:
            return "0"
        power = -9
        while power < 18 and amount % 1000 == 0:
            amount, power = amount // 1000, power + 3
        if self.family == "exponent":
            amount, power = _without_thousands(amount, power)
            return f"{sign}{amount}" + (f"e{power}" if power else "")
        suffix = next(name for name, value in _DECIMAL.items() if value == power)
        return f"{sign}{amount}{suffix}"


def _without_thousands(amount: int, power: int) -> tuple[int, int]:
    """The same amount with as few digits as a power of a thousand allows; few divisions, however large the power."""
    if amount % 1000:
        return amount, power
    for factor in (2**exponent for exponent in range(12, -1, -1)):
        if amount % 1000**factor == 0:
            amount, power = amount // 1000**factor, power + 3 * factor
    return amount, power


def _nanos(digits: str, suffix: str) -> tuple[int, str]:
    """The amount in nano-units, rounded away from zero, and the family of its suffix."""
    # A text without a digit is nothing, as long as it is a text.
    whole, _, fraction = digits.partition(".")
    number = int((whole + fraction) or "0")
    if suffix in _BINARY:
        top, family = number * NANO << 10 * _BINARY[suffix], "binary"
        power = -len(fraction)
    else:
        decimal = suffix in _DECIMAL
        family = "decimal" if decimal else "exponent"
        top = number
        power = (_DECIMAL[suffix] if decimal else int(suffix[1:])) + 9 - len(fraction)
    return (top * 10**power if power >= 0 else -(-top // 10**-power)), family


@functools.lru_cache(maxsize=8192)
def _parsed(text: str) -> Quantity:
    # Clusters have many devices and few amounts, and an amount that is read is never changed.
    match = _FORM.fullmatch(text) if 0 < len(text) <= _LONGEST else None
    if match is None:
        raise QuantityError(
            f"{text[:64]!r} is not a quantity: want a number and a suffix, such as 80Gi or 500m"
        )
    sign, digits, suffix = match.groups()
    nano, family = _nanos(digits, suffix)
    if family == "binary":
        nano = min(nano, _LARGEST)
    return Quantity(-nano if sign == "-" else nano, family, _scale_of(digits, suffix, nano))
