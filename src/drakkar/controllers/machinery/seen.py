"""An object as it is stored, and as it is computed with."""

from __future__ import annotations

import copy
from typing import Any, Generic, TypeVar

from drakkar.api.object import Object, ObjectKey, Uid, key_of, version_of

S = TypeVar("S", covariant=True)


class Seen(Generic[S]):
    """`it` is the struct that is computed with, `obj` the stored form, which carries what this program does not know.

    Both are shared, and not to be changed: what is to be written is made of `with_parts` or `copy`.
    """

    __slots__ = ("it", "obj")

    def __init__(self, obj: Object, it: S) -> None:
        self.obj = obj
        self.it = it

    @property
    def key(self) -> ObjectKey:
        """What names it among those of its kind."""
        return key_of(self.obj)

    @property
    def uid(self) -> Uid:
        """Empty where it has none."""
        return Uid(str(self.obj["metadata"].get("uid") or ""))

    @property
    def version(self) -> int:
        """Which of two is the newer; 0 where nobody can tell."""
        return version_of(self.obj)

    @property
    def is_deleting(self) -> bool:
        """Whether it is to go."""
        return bool(self.obj["metadata"].get("deletionTimestamp"))

    def with_parts(self, **parts: Any) -> Object:
        """The stored form with other parts in place of its own; what stays is shared."""
        return {**self.obj, **parts}

    def copy(self) -> Object:
        """The stored form, to be changed."""
        return copy.deepcopy(self.obj)
