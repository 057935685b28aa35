"""The scheduling queue: active pods by priority then turn, pods backing off, and pods that wait for an event.

A pod's turn is when it was made, and after each failure when that was: pods that fit nowhere, however old and however many,
keep no other from being tried. Nothing here looks at all pods for the sake of one.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable

from drakkar.api.object import ObjectKey

# Of a pod that is being tried: an event has happened that may help it.
_MOVED = -1


class SchedulingQueue:
    """Each key is in at most one of the three places; the caller bounds it by what it watches."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        initial_backoff: float = 1.0,
        max_backoff: float = 10.0,
        unschedulable_limit: float = 300.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`clock` is for pauses, `now` for turns: seconds since the epoch, as pods say when they were made."""
        self._clock, self._now = clock, now
        self._initial, self._max, self._limit = initial_backoff, max_backoff, unschedulable_limit
        self._heap: list[tuple[int, float, int, ObjectKey]] = []
        self._active: dict[ObjectKey, int] = {}
        self._backoff: dict[ObjectKey, float] = {}
        # The same by when they are due, and some that are not backing off any more.
        self._due: list[tuple[float, ObjectKey]] = []
        # The longest waiting first.
        self._unschedulable: OrderedDict[ObjectKey, float] = OrderedDict()
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
        self._known[key] = (priority, self._now() if created is None else created)
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
        if len(self._due) > 64 and len(self._due) > 2 * len(self._backoff):
            self._due = [entry for entry in self._due if self._backoff.get(entry[1]) == entry[0]]
            heapq.heapify(self._due)

    def _activate(self, key: ObjectKey) -> None:
        self._backoff.pop(key, None)
        self._unschedulable.pop(key, None)
        if key in self._active:
            return
        priority, turn = self._known[key]
        self._sequence += 1
        self._active[key] = self._sequence
        heapq.heappush(self._heap, (-priority, turn, self._sequence, key))
        self._wake.set()

    def _delay(self, key: ObjectKey) -> float:
        exponent = min(max(self._attempts.get(key, 1) - 1, 0), 30)
        return float(min(self._initial * 2**exponent, self._max))

    def failed(self, key: ObjectKey, wait_for_event: bool = True) -> None:
        """Give back a popped pod. One that no event could have helped meanwhile waits for an event."""
        if key not in self._known:
            return
        self._known[key] = (self._known[key][0], self._now())
        moves_at_pop = self._popped.pop(key, self._moves)
        if wait_for_event and moves_at_pop == self._moves:
            self._unschedulable[key] = self._clock()
        else:
            self._back_off(key, self._clock() + self._delay(key))
            self._wake.set()

    def _back_off(self, key: ObjectKey, until: float) -> None:
        self._backoff[key] = until
        heapq.heappush(self._due, (until, key))

    def resume(self, key: ObjectKey) -> None:
        """Give back a popped pod that was not tried: it comes again at once, and no attempt is counted."""
        if key in self._known and self._popped.pop(key, None) is not None:
            self._attempts[key] = max(self._attempts.get(key, 1) - 1, 0)
            self._activate(key)

    def wait(self, key: ObjectKey) -> None:
        """Give back a popped pod that was not tried: it waits for an event, and no attempt is counted."""
        if key in self._known and self._popped.pop(key, None) is not None:
            self._attempts[key] = max(self._attempts.get(key, 1) - 1, 0)
            self._unschedulable[key] = self._clock()

    def move(self, concerned: Iterable[ObjectKey] | None = None) -> None:
        """An event may have helped these pods, or any: those that wait go on, once their back-off is over."""
        if concerned is None:
            self._moves += 1
        for key in list(self._unschedulable if concerned is None else concerned):
            if key in self._popped:
                self._popped[key] = _MOVED
            since = self._unschedulable.pop(key, None)
            if since is not None:
                self._back_off(key, since + self._delay(key))
        self._wake.set()

    def move_up_to(self, priority: int) -> None:
        """The same of pods that are no more important than this."""
        waiting = (*self._unschedulable, *self._popped)
        self.move([key for key in waiting if self._known[key][0] <= priority])

    def _flush(self) -> float | None:
        """Move what is due to the active queue; seconds until something else is due."""
        now = self._clock()
        while self._due and (self._due[0][0] <= now or self._backoff.get(self._due[0][1]) != self._due[0][0]):
            due, key = heapq.heappop(self._due)
            if self._backoff.get(key) == due:
                self._activate(key)
        while self._unschedulable and self._longest_wait()[1] + self._limit <= now:
            self._activate(self._longest_wait()[0])
        pending = [self._due[0][0]] if self._due else []
        if self._unschedulable:
            pending.append(self._longest_wait()[1] + self._limit)
        return max(min(pending) - now, 0.001) if pending else None

    def _longest_wait(self) -> tuple[ObjectKey, float]:
        return next(iter(self._unschedulable.items()))

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
