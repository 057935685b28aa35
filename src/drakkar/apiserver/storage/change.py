"""One change of what is stored: as it is wanted, as it is done, and as watches are told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from drakkar.api.object import Object
from drakkar.apiserver.storage.database import Key, Row


@dataclass(frozen=True, slots=True)
class Event:
    """One change: `kind` is ADDED, MODIFIED or DELETED; `old` is the object before it, None for ADDED."""

    revision: int
    kind: str
    key: Key
    object: Object
    old: Object | None


class Alongside(NamedTuple):
    """What an object that is stored becomes in the same step as another write: both are done, or neither."""

    key: Key
    object: Object


# Looks once more at the moment of a write, may raise what it likes, and says what else becomes of it.
Check = Callable[[], Iterable[Alongside]]


class Wanted(NamedTuple):
    """A change that is to be done: ADDED, MODIFIED or DELETED."""

    kind: str
    key: Key
    object: Object
    old: Object | None

    @property
    def frees(self) -> bool:
        """Whether it leads to room on the disk."""
        return self.kind == "DELETED" or (
            self.old is not None and "deletionTimestamp" in self.object["metadata"]
        )


class Done(NamedTuple):
    """A change that is done in memory: what the database is to be told, what was there before and its size, whether it leads
    to room."""

    row: Row
    old: Object | None
    length: int
    frees: bool
