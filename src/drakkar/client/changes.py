"""What handlers of a collection are told: an object was added, updated or deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from drakkar.api.object import Object

T = TypeVar("T", covariant=True)


@dataclass(frozen=True, slots=True)
class Added(Generic[T]):
    """There is an object that was not there, or not known."""

    new: T
    old: ClassVar[None] = None


@dataclass(frozen=True, slots=True)
class Updated(Generic[T]):
    """An object has changed; both states are of the same uid."""

    old: T
    new: T


@dataclass(frozen=True, slots=True)
class Deleted(Generic[T]):
    """An object is gone; `old` is its last state that is known."""

    old: T
    new: ClassVar[None] = None


# Of objects in a form of their own, such as the structs that controllers have beside them.
ChangeOf = Added[T] | Updated[T] | Deleted[T]
Change = ChangeOf[Object]
