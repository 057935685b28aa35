"""Python's collector of circles, which looks through all that a process holds."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nothing_collected() -> Iterator[None]:
    """Keep the collector from looking while much is made, be it kept or soon dropped: it would look through all of it again and
    again, and everybody would wait.

    It is as it was when the last of several has ended, also of several threads.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
