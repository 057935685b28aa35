"""One resource in memory: its objects, what they take, its recent events, and who waits for the next one."""

from __future__ import annotations

import asyncio
import bisect
import itertools
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from drakkar.api.object import Object
from drakkar.apiserver.storage.change import Done, Event
from drakkar.apiserver.storage.database import Row, Stored
from drakkar.apiserver.storage.in_order import in_order

# What the events of one resource may take, encoded; in memory an object is a few times larger.
HISTORY_BYTES = 16 * 1024 * 1024

# A namespace, or "", and a name.
Place = tuple[str, str]


@dataclass(slots=True)
class Shelf:
    """`written` is the revision of its last write, `told` that of the last one that is committed; `listeners` hear of each
    write, `followers` of each that is committed. `lengths` are what the objects take, encoded, and `length` is all of that.
    """

    oldest: int
    events: deque[Event] = field(default_factory=deque)
    written: int = 0
    told: int = 0
    sizes: deque[int] = field(default_factory=deque)
    size: int = 0
    objects: dict[Place, Object] = field(default_factory=dict)
    sums: dict[Place, int] = field(default_factory=dict)
    lengths: dict[Place, int] = field(default_factory=dict)
    length: int = 0
    waiters: set[asyncio.Future[None]] = field(default_factory=set)
    listeners: list[Callable[[], None]] = field(default_factory=list)
    followers: list[Callable[[], None]] = field(default_factory=list)

    def load(self, stored: Stored) -> None:
        """Put an object here that was stored before."""
        place = stored.key[1:]
        self._measure(place, stored.size)
        self.objects[place] = in_order(stored.object)
        self.sums[place] = stored.sum

    def apply(self, event: Event, row: Row, most: int) -> None:
        """Do a write in memory, and keep `most` events at most."""
        place, length = event.key[1:], len(row.body or b"")
        # An event holds what was there before as well, of which no other event may know.
        size = max(length, self.lengths.get(place, 0))
        self._measure(place, length)
        if event.kind == "DELETED":
            del self.objects[place]
            del self.sums[place]
        else:
            self.objects[place] = event.object
            self.sums[place] = row.sum
        self.written = event.revision
        self._remember(event, size, most)

    def undo(self, write: Done) -> None:
        """Have an object as it was before a write. The event of that is another matter: see `forget`."""
        row, place = write.row, write.row.key[1:]
        if write.old is None:
            self.objects.pop(place, None)
        else:
            self.objects[place] = write.old
        if row.before is None:
            self.sums.pop(place, None)
        else:
            self.sums[place] = row.before
        self._measure(place, write.length)

    def _measure(self, place: Place, length: int) -> None:
        """Note what an object takes, 0 for none."""
        self.length += length - self.lengths.pop(place, 0)
        if length:
            self.lengths[place] = length

    def _remember(self, event: Event, size: int, most: int) -> None:
        """Keep an event of this size, and forget old ones: by number, and by what they take."""
        self.events.append(event)
        self.sizes.append(size)
        self.size += size
        while len(self.events) > most or (self.size > HISTORY_BYTES and len(self.events) > 1):
            self.oldest = self.events.popleft().revision
            self.size -= self.sizes.popleft()

    def forget(self, after: int) -> None:
        """Forget the events after a revision: they have not come to pass."""
        while self.events and self.events[-1].revision > after:
            self.events.pop()
            self.size -= self.sizes.pop()
        self.written = min(self.written, after)

    def forget_all(self, revision: int) -> None:
        """Forget all events; the revision is that of the store."""
        self.events.clear()
        self.sizes.clear()
        self.size = 0
        self.oldest = revision

    def newer(self, revision: int) -> deque[Event]:
        """The events after a revision, oldest first, those that are not committed yet among them."""
        newer: deque[Event] = deque()
        # At once: heavy work asks beside the loop, where one more may come meanwhile.
        for event in reversed(tuple(self.events)):
            if event.revision <= revision:
                break
            newer.appendleft(event)
        return newer

    def since(self, revision: int, committed: int, most: int | None) -> Sequence[Event]:
        """The same up to the revision that is committed; the first `most` of them."""
        events = self.events
        if not events or events[-1].revision <= revision:
            return ()
        # Most who ask lack the last one only.
        if len(events) > 1 and events[-2].revision <= revision:
            return (events[-1],) if events[-1].revision <= committed else ()
        first = bisect.bisect_right(events, revision, key=_revision)
        last = bisect.bisect_right(events, committed, first, key=_revision)
        if most is not None:
            last = min(last, first + most)
        return tuple(itertools.islice(events, first, last))

    def tell_written(self) -> None:
        """Who listens hears that something was written, or undone."""
        for listener in self.listeners:
            listener()

    def wake(self) -> None:
        """Whoever waits looks again, and who follows hears of it."""
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(None)
        self.waiters.clear()
        for follower in self.followers:
            follower()


def _revision(event: Event) -> int:
    return event.revision


def ordered(objects: dict[Place, Object], namespace: str | None) -> list[Object]:
    """Objects of one namespace, or all, in (namespace, name) order."""
    # Heavy work lists beside the loop, where something may go between its key and itself.
    keys = sorted(key for key in list(objects) if namespace is None or key[0] == namespace)
    found = [(key, objects.get(key)) for key in keys]
    return [obj for _, obj in found if obj is not None]
