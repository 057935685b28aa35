"""Room for work that recurses as deep as an expression is nested."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Final, TypeVar

# As deep as the deepest expression makes the compiler go; Python's own limit is for code that goes astray.
_DEEP: Final = 20_000
# In words; as much again is then free for the frames of what is called.
_ROOM: Final = 1 << 17
_DEEPENING: Final = threading.Lock()
_Given = TypeVar("_Given")


def deeply(work: Callable[[], _Given], nested: bool = False) -> _Given:
    """Work that may recurse beyond Python's limit; not tried within it where it is known not to fit."""
    try:
        if not nested:
            return work()
        raise RecursionError
    except RecursionError:
        with _DEEPENING:
            before = sys.getrecursionlimit()
            sys.setrecursionlimit(max(before, _DEEP))
            try:
                return work()
            finally:
                sys.setrecursionlimit(before)


def roomily(work: Callable[[], _Given]) -> _Given:
    """Work that recurses deep, done in half the time.

    Python has the system give it memory for frames in small pieces, and gives a piece back as soon as it is empty: deep down,
    every call across the end of a piece would ask the system twice. A frame said to be large gets a piece large enough for
    all that follow; what is not used of it is never touched.
    """
    return work()


roomily.__code__ = roomily.__code__.replace(co_stacksize=_ROOM)
