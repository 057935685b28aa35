"""When something that failed is tried again: ever later, whatever woke its worker meanwhile and whatever the failure said."""

from __future__ import annotations

import time

FIRST_RETRY, LONGEST_RETRY = 0.1, 30.0


class Retry:
    """Of one thing that is tried until it succeeds; `first` and `longest` are seconds between two tries."""

    def __init__(self, first: float = 2 * FIRST_RETRY, longest: float = LONGEST_RETRY) -> None:
        self._first, self._longest = first, longest
        self._pause = self._due = 0.0

    @property
    def left(self) -> float:
        """Seconds until the next try is due; 0 when it is."""
        return max(0.0, self._due - time.monotonic())

    def failed(self) -> float:
        """It has failed once more; the seconds until it is tried again."""
        self._pause = min(max(self._pause * 2, self._first), self._longest)
        self._due = time.monotonic() + self._pause
        return self._pause

    def hasten(self) -> None:
        """What it waits for may have come: the next try is due now, and the ones after it no sooner than before."""
        self._due = 0.0

    def succeeded(self) -> None:
        """The next failure is a first one."""
        self._pause = self._due = 0.0
