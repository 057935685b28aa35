"""Work that another task may call off: what a pod's worker waits for while the pod is to live."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from drakkar.client.lifetime import is_cancelled

_Result = TypeVar("_Result")


class CalledOffError(Exception):
    """The work was called off before it had ended."""


class Interruptible:
    """One piece of work at a time."""

    def __init__(self) -> None:
        self._running: asyncio.Task[Any] | None = None
        self._called_off = False

    async def run(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Do it; CalledOffError if somebody called it off meanwhile."""
        self._called_off = False
        task: asyncio.Task[_Result] = asyncio.create_task(work)
        self._running = task
        try:
            return await task
        except asyncio.CancelledError:
            if not self._called_off or is_cancelled():
                raise
            # It was the work that was called off, not who waits for it.
            raise CalledOffError from None
        finally:
            if self._running is task:
                self._running = None

    @property
    def active(self) -> bool:
        """Is there work going on?"""
        return self._running is not None

    def call_off(self) -> None:
        """End what is going on, if anything is."""
        if self._running is not None and not self._called_off:
            self._called_off = True
            self._running.cancel()
