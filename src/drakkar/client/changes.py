"""What handlers of a collection are told: an object was added, updated or deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Added:
    """There is an object that was not there, or not known."""

    new: Object
    old: ClassVar[None] = None


@dataclass(frozen=True, slots=True)
class Updated:
    """An object has changed; both states are of the same uid."""

    old: Object
    new: Object


@dataclass(frozen=True, slots=True)
class Deleted:
    """An object is gone; `old` is its last state that is known."""

    old: Object
    new: ClassVar[None] = None


Change = Added | Updated | Deleted
