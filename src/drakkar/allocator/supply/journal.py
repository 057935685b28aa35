"""What changed, in order, for those who keep what they learned: each reads on from where it left off."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")
_KEPT = 8192


class Journal(Generic[T]):
    """A list that forgets its beginning; whoever comes too late must learn everything anew."""

    __slots__ = ("_entries", "_start")

    def __init__(self) -> None:
        self._entries: list[T] = []
        self._start = 0

    @property
    def end(self) -> int:
        """Where the next entry will be."""
        return self._start + len(self._entries)

    def add(self, entry: T) -> None:
        """Write down one change."""
        self._entries.append(entry)
        if len(self._entries) > 2 * _KEPT:
            del self._entries[:_KEPT]
            self._start += _KEPT

    def since(self, position: int) -> list[T] | None:
        """What was added from a position on; None if some of it is forgotten."""
        if position < self._start:
            return None
        return self._entries[position - self._start :]
