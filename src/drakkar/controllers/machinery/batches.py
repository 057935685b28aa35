"""Many writes of one kind, a few at first: what refuses one of them will mostly refuse all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
# No more writes than this at one time.
AT_ONCE = 16


async def in_growing_batches(what: Sequence[T], work: Callable[[T], Awaitable[Any]]) -> None:
    """Work on each, in batches that double. Raises the first failure once its batch is through; what is done stays."""
    size, at = 1, 0
    while at < len(what):
        batch = what[at : at + size]
        results = await asyncio.gather(*map(work, batch), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        at, size = at + size, min(size * 2, AT_ONCE)
