"""The processor's work, told in a unit that the same thread does just before and after: a slow machine is slow at both."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Work:
    """What was done, in units: a hundred of them are about a second of a processor of today."""

    units: float = 0.0


def unit() -> float:
    """CPU seconds that one unit takes here and now: some thousands of small objects made, kept and looked up."""
    return min(_once() for _ in range(3))


def _once() -> float:
    began = time.thread_time()
    made = {str(number): [number] for number in range(22_000)}
    assert sum(made[str(number)][0] for number in range(22_000)) == 22_000 * 21_999 // 2
    return time.thread_time() - began


@contextmanager
def work() -> Iterator[Work]:
    """How much this thread works in the block, in units."""
    done = Work()
    before = unit()
    began = time.thread_time()
    yield done
    took = time.thread_time() - began
    done.units = took / max(before, unit())
