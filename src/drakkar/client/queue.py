"""A work queue of keys: a key waits once however often it is added, and is worked on by one worker at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from drakkar.client.lifetime import is_cancelled

K = TypeVar("K", bound=Hashable)

_log = logging.getLogger(__name__)
_FIRST_BACKOFF = 0.05
_LONGEST_BACKOFF = 60.0


class WorkQueue(Generic[K]):
    """Keys that need work. A key added while it is worked on comes again once that work is done."""

    def __init__(self, first: float = _FIRST_BACKOFF, longest: float = _LONGEST_BACKOFF) -> None:
        self._first, self._longest = first, longest
        self._waiting: dict[K, None] = {}
        self._working: set[K] = set()
        self._again: set[K] = set()
        self._failures: dict[K, int] = {}
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._arrived = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, key: K) -> None:
        """Work on the key as soon as possible."""
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
        if key in self._working:
            self._again.add(key)
            return
        self._waiting[key] = None
        self._arrived.set()

    def add_after(self, key: K, seconds: float) -> None:
        """Work on the key in `seconds`; of several times for one key the earliest counts."""
        if seconds <= 0:
            self.add(key)
            return
        loop = asyncio.get_running_loop()
        timer = self._timers.get(key)
        if timer is not None:
            if timer.when() <= loop.time() + seconds:
                return
            timer.cancel()
        self._timers[key] = loop.call_later(seconds, self.add, key)

    def retry(self, key: K) -> None:
        """Work on the key again after a pause that doubles with each retry since `forget`."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        self.add_after(key, min(self._first * 2 ** min(failures, 32), self._longest))

    def forget(self, key: K) -> None:
        """The key is well: its next retry starts with the short pause."""
        self._failures.pop(key, None)

    async def get(self) -> K:
        """The key that has waited longest; call `done` with it afterwards."""
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        key = next(iter(self._waiting))
        del self._waiting[key]
        self._working.add(key)
        return key

    def done(self, key: K) -> None:
        """The work that `get` gave out is over."""
        self._working.discard(key)
        if key in self._again:
            self._again.discard(key)
            self.add(key)

    def close(self) -> None:
        """Drop every timer."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()


async def run_workers(
    queue: WorkQueue[K], reconcile: Callable[[K], Awaitable[None]], workers: int = 1
) -> None:
    """Reconcile keys until cancelled; one that fails is tried again with back-off."""

    async def work() -> None:
        while True:
            key = await queue.get()
            try:
                await reconcile(key)
            except (Exception, asyncio.CancelledError) as error:
                if is_cancelled():
                    raise
                _log.warning("%s: %s; will try again", key, str(error) or repr(error))
                queue.retry(key)
            else:
                queue.forget(key)
            finally:
                queue.done(key)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(work())
    finally:
        queue.close()
