"""Partitionable devices: amounts of shared counters (dra-semantics 3.8). How much is left is in standing, how much a
choice takes in problem."""

from __future__ import annotations

from drakkar.allocator.outcome import Refused
from drakkar.api.quantity import Quantity, QuantityError


def nanos(text: str) -> int:
    """A quantity that the API server let in, in nano-units; Refused for one that it did not see."""
    try:
        return Quantity.parse(text).nanos
    except QuantityError as error:
        raise Refused(str(error)) from None
