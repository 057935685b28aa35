"""The scheduling queue: active pods by priority then arrival, pods backing off, and pods that wait for an event."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable

from drakkar.api.object import ObjectKey


class SchedulingQueue:
    """Each key is in at most one of the three places; the caller bounds it by what it watches."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        initial_backoff: float = 1.0,
        max_backoff: float = 10.0,
        unschedulable_limit: float = 300.0,
    ) -> None:
        self._clock = clock
        self._initial, self._max, self._limit = initial_backoff, max_backoff, unschedulable_limit
        self._heap: list[tuple[int, float, int, ObjectKey]] = []
        self._active: dict[ObjectKey, int] = {}
        self._backoff: dict[ObjectKey, float] = {}
        self._unschedulable: dict[ObjectKey, float] = {}
        self._known: dict[ObjectKey, tuple[int, float]] = {}
        self._attempts: dict[ObjectKey, int] = {}
        self._popped: dict[ObjectKey, int] = {}
        self._sequence = 0
        self._moves = 0
        self._wake = asyncio.Event()

    def __len__(self) -> int:
        return len(self._active) + len(self._backoff) + len(self._unschedulable)

    def where(self, key: ObjectKey) -> str | None:
        """`active`, `backoff`, `unschedulable`, or None for a key that is not waiting."""
        if key in self._active:
            return "active"
        if key in self._backoff:
            return "backoff"
        return "unschedulable" if key in self._unschedulable else None

    def add(self, key: ObjectKey, priority: int, created: float | None = None) -> None:
        """Queue a pod for its first attempt; a pod that already waits moves to the active queue."""
        self._known[key] = (priority, self._clock() if created is None else created)
        self._activate(key)

    def remove(self, key: ObjectKey) -> None:
        """Forget a pod that was bound or deleted."""
        for place in (
            self._active,
            self._backoff,
            self._unschedulable,
            self._known,
            self._attempts,
            self._popped,
        ):
            place.pop(key, None)
        if len(self._heap) > 64 and len(self._heap) > 2 * len(self._active):
            self._heap = [entry for entry in self._heap if self._active.get(entry[3]) == entry[2]]
            heapq.heapify(self._heap)

    def _activate(self, key: ObjectKey) -> None:
        self._backoff.pop(key, None)
        self._unschedulable.pop(key, None)
        if key in self._active:
            return
        priority, created = self._known[key]
        self._sequence += 1
        self._active[key] = self._sequence
        heapq.heappush(self._heap, (-priority, created, self._sequence, key))
        self._wake.set()

    def _delay(self, key: ObjectKey) -> float:
        exponent = min(max(self._attempts.get(key, 1) - 1, 0), 30)
        return float(min(self._initial * 2**exponent, self._max))

    def failed(self, key: ObjectKey, wait_for_event: bool = True) -> None:
        """Give back a popped pod. One that no event could have helped meanwhile waits for an event."""
        if key not in self._known:
            return
        moves_at_pop = self._popped.pop(key, self._moves)
        if wait_for_event and moves_at_pop == self._moves:
            self._unschedulable[key] = self._clock()
        else:
            self._backoff[key] = self._clock() + self._delay(key)
            self._wake.set()

    def resume(self, key: ObjectKey) -> None:
        """Give back a popped pod that was not tried: it comes again at once, and no attempt is counted."""
        if key in self._known and self._popped.pop(key, None) is not None:
            self._attempts[key] = max(self._attempts.get(key, 1) - 1, 0)
            self._activate(key)

    def move(self, wanted: Callable[[ObjectKey], bool] | None = None) -> None:
        """An event may have helped: waiting pods it concerns go on, once their back-off is over."""
        self._moves += 1
        for key, since in list(self._unschedulable.items()):
            if wanted is None or wanted(key):
                del self._unschedulable[key]
                self._backoff[key] = since + self._delay(key)
        self._wake.set()

    def _flush(self) -> float | None:
        """Move what is due to the active queue; seconds until something else is due."""
        now = self._clock()
        for key, due in list(self._backoff.items()):
            if due <= now:
                self._activate(key)
        for key, since in list(self._unschedulable.items()):
            if since + self._limit <= now:
                self._activate(key)
        pending = [*self._backoff.values(), *(since + self._limit for since in self._unschedulable.values())]
        return max(min(pending) - now, 0.001) if pending else None

    def pop_ready(self) -> ObjectKey | None:
        """The next pod to try, or None if none is ready."""
        self._flush()
        while self._heap:
            _, _, sequence, key = heapq.heappop(self._heap)
            if self._active.get(key) == sequence:
                del self._active[key]
                self._attempts[key] = self._attempts.get(key, 0) + 1
                self._popped[key] = self._moves
                return key
        return None

    async def pop(self) -> ObjectKey:
        """Wait for the next pod to try; cancel to stop waiting."""
        while True:
            self._wake.clear()
            key = self.pop_ready()
            if key is not None:
                return key
            try:
                async with asyncio.timeout(self._flush()):
                    await self._wake.wait()
            except TimeoutError:
                continue
