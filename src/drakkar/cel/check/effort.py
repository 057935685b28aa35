"""How much may be made of the types of one expression."""

from __future__ import annotations

from typing import Final

from drakkar.cel.outcome import Refusal
from drakkar.cel.types import Type

# Without names, no type is larger than the text that has it.
_LARGEST: Final = 10 * 1024
_MOST: Final = 10_000


class Effort:
    """Counts how often types were looked into.

    A few names, each of which stands for the one before it twice, make types without end.
    """

    __slots__ = ("_spent",)

    def __init__(self) -> None:
        self._spent = 0

    def spend(self) -> None:
        """Look once into what is inside of a type; Refusal when that was done too often."""
        self._spent += 1
        if self._spent > _MOST:
            raise _refusal(0)


def check_size(type_: Type, at: int) -> None:
    """Refusal for a type that is too large."""
    if type_.size > _LARGEST:
        raise _refusal(at)


def _refusal(at: int) -> Refusal:
    return Refusal("the types of the expression become too large", at, "type")
