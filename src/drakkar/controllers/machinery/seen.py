"""An object as it is stored, and as it is computed with."""

from __future__ import annotations

import copy
from typing import Any, Generic, TypeVar

S = TypeVar("S", covariant=True)


class Seen(dict[str, Any], Generic[S]):
    """The stored form, which is passed on and written back with what this program does not know; `it` is the struct of it.

    Copies are plain, for they are made to be changed, and the struct would not follow.
    """

    __slots__ = ("it",)

    def __init__(self, obj: dict[str, Any], it: S) -> None:
        super().__init__(obj)
        self.it = it

    def __copy__(self) -> dict[str, Any]:
        return dict(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        return copy.deepcopy(dict(self), memo)
