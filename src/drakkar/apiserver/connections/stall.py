"""Tells how long a client has taken nothing of what waits for it."""

from __future__ import annotations


class Stall:
    """Looked at now and then with the number of bytes that wait."""

    __slots__ = ("_pending", "_since")

    def __init__(self) -> None:
        self._pending = 0
        self._since = 0.0

    def lasts(self, pending: int, now: float) -> float:
        """For how many seconds the number has not gone down."""
        if not pending or pending < self._pending or not self._since:
            self._since = now
        self._pending = pending
        return now - self._since
