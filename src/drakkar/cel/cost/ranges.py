"""Ranges of sizes and costs, from the least to the most, that stop at what 64 bits hold."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

MOST: Final = 2**64 - 1
_new: Final = tuple.__new__


def plus(left: int, right: int) -> int:
    """The sum, or all that 64 bits hold."""
    return min(left + right, MOST)


def times(left: int, right: int) -> int:
    """The product, or all that 64 bits hold."""
    return min(left * right, MOST)


def scaled(value: int, factor: float) -> int:
    """The product with a factor, rounded up."""
    real = float(value)
    if real > 0 and factor > 0 and real > MOST / factor:
        return MOST
    product = math.ceil(real * factor)
    return MOST if product >= 2**64 else product


class Range(NamedTuple):
    """A size (characters, bytes, elements, entries) or a cost that is not known exactly."""

    least: int
    most: int

    def add(self, other: Range) -> Range:
        # Sums are taken by the thousand, so that they take no more than one call.
        least, most = self[0] + other[0], self[1] + other[1]
        return _new(Range, (least if least < MOST else MOST, most if most < MOST else MOST))

    def multiply(self, other: Range) -> Range:
        return Range(times(self.least, other.least), times(self.most, other.most))

    def by(self, factor: float) -> Range:
        return Range(scaled(self.least, factor), scaled(self.most, factor))

    def union(self, other: Range) -> Range:
        least, most = self
        return _new(Range, (least if least < other[0] else other[0], most if most > other[1] else other[1]))


def exactly(value: int) -> Range:
    """A range of one value."""
    return Range(value, value)


NOTHING: Final = Range(0, 0)
ONE: Final = Range(1, 1)
UNKNOWN: Final = Range(0, MOST)
# What widens to the first range it meets.
EMPTY: Final = Range(MOST, 0)
