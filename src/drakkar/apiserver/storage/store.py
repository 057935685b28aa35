"""Objects of the API server, held in memory and written through to SQLite, under one revision counter for all of
them; a bounded history of events, resource by resource, serves the watches and the pages of long lists."""

from __future__ import annotations

import asyncio
import bisect
import contextlib
import itertools
import logging
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import msgspec

from drakkar.api.object import Object
from drakkar.apiserver import beside
from drakkar.apiserver.storage import database, repair
from drakkar.apiserver.storage.commits import Commits
from drakkar.apiserver.storage.data_lock import DataLock
from drakkar.apiserver.storage.database import Database, Key, Row
from drakkar.apiserver.storage.disk_room import DiskRoom

_LOGGER = logging.getLogger(__name__)
# What etcd takes in one request: more than that cannot be stored.
LARGEST = 1536 * 1024
# What the events of one resource may take, encoded; in memory an object is a few times larger.
_HISTORY_BYTES = 16 * 1024 * 1024
# A disk that fails so often does not come back.
_MOST_UNDONE = 1_000
# Where an object is larger, work on it is heavy.
_LARGE = 16 * 1024


class StoreConflictError(Exception):
    """The object is not at the revision that the writer had read."""


class KeyExistsError(Exception):
    """An object of that key is stored already."""


class HistoryGoneError(Exception):
    """The revision asked for is older than the history kept."""


class MissingError(KeyError):
    """The object to be changed is not there any more."""


class TooLargeError(Exception):
    """The object is larger than what can be stored."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the object comes to {size} bytes, and {LARGEST} can be stored at most")


class StorageFailedError(Exception):
    """The disk did not take a write; `full` says that it has no room."""

    def __init__(self, message: str, full: bool) -> None:
        super().__init__(message)
        self.full = full


@dataclass(frozen=True, slots=True)
class Event:
    """One change: `kind` is ADDED, MODIFIED or DELETED; `old` is the object before it, None for ADDED."""

    revision: int
    kind: str
    key: Key
    object: Object
    old: Object | None


class Alongside(NamedTuple):
    """What an object that is stored becomes in the same step as another write: both are done, or neither."""

    key: Key
    object: Object


# Looks once more at the moment of a write, may raise what it likes, and says what else becomes of it.
Check = Callable[[], Iterable[Alongside]]


@dataclass(slots=True)
class _Shelf:
    """One resource: its objects, its recent events, and who waits for the next one.

    `written` is the revision of its last write, `told` that of the last one that is committed; `listeners` hear of each
    write, `followers` of each that is committed. `lengths` are what the objects take, encoded, and `length` is all of that.
    """

    events: deque[Event]
    oldest: int
    written: int = 0
    told: int = 0
    sizes: deque[int] = field(default_factory=deque)
    size: int = 0
    objects: dict[tuple[str, str], Object] = field(default_factory=dict)
    sums: dict[tuple[str, str], int] = field(default_factory=dict)
    lengths: dict[tuple[str, str], int] = field(default_factory=dict)
    length: int = 0
    waiters: set[asyncio.Future[None]] = field(default_factory=set)
    listeners: list[Callable[[], None]] = field(default_factory=list)
    followers: list[Callable[[], None]] = field(default_factory=list)

    def measure(self, place: tuple[str, str], length: int) -> None:
        """Note what an object takes, 0 for none."""
        self.length += length - self.lengths.pop(place, 0)
        if length:
            self.lengths[place] = length

    def remember(self, event: Event, size: int, most: int) -> None:
        """Keep an event whose object is of this size, and forget old ones: by number, and by what they take."""
        self.events.append(event)
        self.sizes.append(size)
        self.size += size
        while len(self.events) > most or (self.size > _HISTORY_BYTES and len(self.events) > 1):
            self.oldest = self.events.popleft().revision
            self.size -= self.sizes.popleft()

    def forget(self, after: int) -> None:
        """Forget the events after a revision: they have not come to pass."""
        while self.events and self.events[-1].revision > after:
            self.events.pop()
            self.size -= self.sizes.pop()
        self.written = min(self.written, after)


class _Wanted(NamedTuple):
    """A change that is to be done: ADDED, MODIFIED or DELETED."""

    kind: str
    key: Key
    object: Object
    old: Object | None


class _Write(NamedTuple):
    """A write that is done in memory: what the database is to be told, what was there before and its size, whether it leads
    to room."""

    row: Row
    old: Object | None
    length: int
    frees: bool


class Store:
    """All objects. Nothing is awaited inside a write, so a read and the write that follows it are one step on the event loop.

    A write is done in memory at once, and committed (WAL, synchronous=FULL) together with those that come at the same time.
    Nobody is to be told of it before: `durable` waits for that, and events and watches are told only what is committed. Where the
    disk does not take it, it is undone.
    """

    def __init__(self, path: Path | str = ":memory:", history: int = 4_000) -> None:
        """Open the files and check all of them; raises DamagedError, or InUseError where another server has them."""
        beside = None if path == ":memory:" else Path(path)
        self._lock = None if beside is None else DataLock(beside.with_name("lock"))
        try:
            if beside is not None:
                repair.finish(beside)
            self._db = Database(path)
            self.revision = self.committed = self._db.state.revision
            self.ending = False
            self.trouble = ""
            self._history = history
            # Nothing before the revision at start can be replayed: the history lives in memory only.
            self._start = self.revision
            self._shelves: dict[str, _Shelf] = {}
            self._alone = beside is None
            self.failures = 0
            # Whoever has seen one of these revisions may have seen a write that is undone.
            self._undone: deque[range] = deque(maxlen=_MOST_UNDONE)
            self._commits: Commits[_Write] = Commits(self._put, self._committed, self._failed)
            try:
                self._load()
            except BaseException:
                self._db.close()
                raise
        except BaseException:
            if self._lock is not None:
                self._lock.close()
            raise
        self._room = DiskRoom(None if beside is None else beside.with_name("reserve"))

    def _load(self) -> None:
        for key, obj, found, size in self._db.load():
            shelf = self._shelf(key[0])
            shelf.measure(key[1:], size)
            shelf.objects[key[1:]] = obj
            shelf.sums[key[1:]] = found

    def _shelf(self, resource: str) -> _Shelf:
        shelf = self._shelves.get(resource)
        if shelf is None:
            shelf = self._shelves[resource] = _Shelf(deque(), self._start)
        return shelf

    def get(self, key: Key) -> Object | None:
        """The stored object; callers must not change it."""
        shelf = self._shelves.get(key[0])
        return shelf.objects.get(key[1:]) if shelf else None

    def list(self, resource: str, namespace: str | None = None) -> list[Object]:
        """Objects of a resource in (namespace, name) order."""
        shelf = self._shelves.get(resource)
        return ordered(shelf.objects, namespace) if shelf else []

    def weight(self, key: Key) -> int:
        """The size of a large object; 0 for all others."""
        length = self._length(key)
        return length if length > _LARGE else 0

    def extent(self, resource: str) -> tuple[int, int]:
        """How many objects a resource has, and the size of all of them."""
        shelf = self._shelves.get(resource)
        return (len(shelf.objects), shelf.length) if shelf else (0, 0)

    def counts(self) -> dict[str, int]:
        """How many objects each resource has."""
        return {resource: len(shelf.objects) for resource, shelf in self._shelves.items()}

    def snapshot(self, resource: str, revision: int) -> dict[tuple[str, str], Object]:
        """The resource's objects as they were at `revision`, by namespace and name; HistoryGoneError when that is too long
        ago. It is the caller's own, and may be looked at beside the loop."""
        shelf = self._shelf(resource)
        newer = self.newer(resource, revision)
        objects = dict(shelf.objects)
        for event in reversed(newer):
            if event.old is None:
                objects.pop(event.key[1:], None)
            else:
                objects[event.key[1:]] = event.old
        return objects

    async def create(self, key: Key, obj: Object, check: Check | None = None) -> Object:
        """Store a new object; raises KeyExistsError, and what `check` raises at that moment."""
        return await beside.back(self._create, key, obj, check)

    def _create(self, key: Key, obj: Object, check: Check | None) -> Object:
        if self.get(key) is not None:
            raise KeyExistsError(key)
        return self._write("ADDED", key, obj, None, check)

    async def update(self, key: Key, obj: Object, expected: str, check: Check | None = None) -> Object:
        """Replace an object read at resourceVersion `expected`; raises StoreConflictError, or MissingError, and what `check`
        raises at that moment."""
        return await beside.back(self._update, key, obj, expected, check)

    def _update(self, key: Key, obj: Object, expected: str, check: Check | None = None) -> Object:
        return self._write("MODIFIED", key, obj, self._expected(key, expected), check)

    async def delete(self, key: Key, expected: str, last: Object | None = None) -> Object:
        """Remove an object read at `expected`; the returned last state carries the revision of the deletion.

        `last` is that state where it differs from what is stored.
        """
        return await beside.back(self._delete, key, expected, last)

    def _delete(self, key: Key, expected: str, last: Object | None) -> Object:
        old = self._expected(key, expected)
        return self._write("DELETED", key, last or old, old)

    def _expected(self, key: Key, expected: str) -> Object:
        old = self.get(key)
        if old is None:
            raise MissingError(key)
        if old["metadata"]["resourceVersion"] != expected:
            raise StoreConflictError(key)
        return old

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Commit all writes of the block at once, before anybody is served; if it fails the store must not be used."""
        self._commits.flush()
        alone, self._alone = self._alone, True
        try:
            with self._db.together():
                yield
        finally:
            self._alone = alone

    async def durable(self, resource: str, failures: int) -> None:
        """Return when all that was written to a resource by now is committed.

        `failures` is what the store's number of failures was when the caller began: since then it may have written, or seen,
        what has been undone. StorageFailedError if that is so.
        """
        shelf = self._shelves.get(resource)
        if shelf is not None and shelf.written > self.committed:
            await self._commits.wait()
        if failures != self.failures:
            raise StorageFailedError(self.trouble or "the disk failed", self._room.full)

    def readable(self, resource: str) -> int:
        """The revision of what is read of a resource now, be it committed or not."""
        shelf = self._shelves.get(resource)
        return max(self.committed, shelf.written if shelf else 0)

    def _write(
        self, kind: str, key: Key, obj: Object, old: Object | None, check: Check | None = None
    ) -> Object:
        """Do a write and what `check` says along with it, which comes first: who sees the one has the other."""
        if self._room.full:
            # What is still on its way to a full disk may be undone.
            self._commits.flush()
            if self.get(key) is not old:
                raise StoreConflictError(key)
        wanted = [
            _Wanted("MODIFIED", one.key, one.object, self.get(one.key))
            for one in (check() if check is not None else ())
        ]
        return self._write_all([*wanted, _Wanted(kind, key, obj, old)])

    def _write_all(self, wanted: Sequence[_Wanted]) -> Object:
        """Do all of them, or none; the answer is the last one as it is stored."""
        events, writes = [], []
        last = wanted[-1]
        # What comes along is no more than a number that changes in place.
        frees = last.kind == "DELETED" or (
            last.old is not None and "deletionTimestamp" in last.object["metadata"]
        )
        for revision, one in enumerate(wanted, self.revision + 1):
            meta = {**one.object["metadata"], "resourceVersion": str(revision)}
            stored = {**one.object, "metadata": meta}
            body = None if one.kind == "DELETED" else msgspec.json.encode(stored)
            if body is not None and len(body) > LARGEST:
                raise TooLargeError(len(body))
            row = database.row(one.key, body, self._sum(one.key), revision)
            events.append(Event(revision, one.kind, one.key, stored, one.old))
            writes.append(_Write(row, one.old, self._length(one.key), frees))
        alone = self._alone or self._room.full or not _is_on_loop()
        if alone:
            self._write_alone(writes)
        self.revision = events[-1].revision
        for event, write in zip(events, writes, strict=True):
            self._apply(event, write.row)
            if not alone:
                self._commits.add(write)
        if alone:
            self._committed(writes)
        for resource in {one.key[0]: None for one in wanted}:
            for listener in self._shelf(resource).listeners:
                listener()
        return events[-1].object

    def _apply(self, event: Event, row: Row) -> None:
        """Do a write in memory."""
        key, size = event.key, len(row.body or b"")
        shelf = self._shelf(key[0])
        shelf.measure(key[1:], size)
        if event.kind == "DELETED":
            del shelf.objects[key[1:]]
            del shelf.sums[key[1:]]
        else:
            shelf.objects[key[1:]] = event.object
            shelf.sums[key[1:]] = row.sum
        shelf.written = event.revision
        shelf.remember(event, size, self._history)

    def _sum(self, key: Key) -> int | None:
        shelf = self._shelves.get(key[0])
        return shelf.sums.get(key[1:]) if shelf else None

    def _length(self, key: Key) -> int:
        shelf = self._shelves.get(key[0])
        return shelf.lengths.get(key[1:], 0) if shelf else 0

    def _put(self, writes: Sequence[_Write]) -> None:
        self._db.write([write.row for write in writes])

    def _committed(self, writes: Sequence[_Write]) -> None:
        self.committed = writes[-1].row.revision
        if self._room.full:
            # What a deletion freed is used again only once it has left the write-ahead log.
            self._db.fold()
        else:
            self.trouble = ""
        # By resource: who waits for its next write would else be woken by those of others, without end.
        last = {write.row.key[0]: write.row.revision for write in writes}
        for resource, revision in last.items():
            shelf = self._shelves[resource]
            shelf.told = revision
            _wake(shelf)

    def _failed(
        self, writes: Sequence[_Write], later: Sequence[_Write], failure: Exception
    ) -> StorageFailedError | None:
        """The disk did not take writes: they are undone, unless all of them lead to room and there is a reserve for them."""
        full = self._refused(failure)
        if full and all(write.frees for write in writes) and self._room.give():
            return None
        undone: dict[str, None] = {}
        for write in reversed((*writes, *later)):
            self._undo(write)
            undone[write.row.key[0]] = None
        self.failures += 1
        self._undone.append(range(self.committed + 1, self.revision + 1))
        self.revision += 1
        for resource in undone:
            shelf = self._shelves[resource]
            shelf.forget(self.committed)
            for listener in shelf.listeners:
                listener()
            _wake(shelf)
        return StorageFailedError(self.trouble, full)

    def _undo(self, write: _Write) -> None:
        row, shelf = write.row, self._shelves[write.row.key[0]]
        place = row.key[1:]
        if write.old is None:
            shelf.objects.pop(place, None)
        else:
            shelf.objects[place] = write.old
        if row.before is None:
            shelf.sums.pop(place, None)
        else:
            shelf.sums[place] = row.before
        shelf.measure(place, write.length)

    def _refused(self, failure: Exception) -> bool:
        """Remember that the disk did not take a write, and say whether it is full."""
        full = _is_full(failure)
        self.trouble = f"the disk is full ({failure})" if full else f"the disk fails ({failure})"
        _LOGGER.error("a write to %s was refused: %s", self._db.path, failure)
        self._room.full = self._room.full or full
        return full

    def _write_alone(self, writes: Sequence[_Write]) -> None:
        """Commit writes here and now: where nothing is on a disk, and where the disk is full and each must be looked at."""
        self._commits.flush()
        frees = all(write.frees for write in writes)
        if self._room.full and not frees and not self.has_room():
            raise StorageFailedError(self.trouble, True)
        try:
            self._put(writes)
        except sqlite3.Error as failure:
            full = self._refused(failure)
            if not (full and frees and self._room.give()):
                raise StorageFailedError(self.trouble, full) from None
            self._write_alone(writes)
            return

    def has_room(self) -> bool:
        """Whether writes of every kind are taken; looks at the disk again where they were not."""
        if self._room.full and self._room.back():
            self.trouble = ""
        return not self._room.full

    def _known_since(self, resource: str, revision: int) -> _Shelf:
        shelf = self._shelf(resource)
        if revision < shelf.oldest or any(revision in seen for seen in self._undone):
            raise HistoryGoneError(revision)
        return shelf

    def newer(self, resource: str, revision: int) -> deque[Event]:
        """The resource's events after `revision`, oldest first, those that are not committed yet among them;
        HistoryGoneError when some of them are no longer kept."""
        shelf = self._known_since(resource, revision)
        newer: deque[Event] = deque()
        for event in reversed(shelf.events):
            if event.revision <= revision:
                break
            newer.appendleft(event)
        return newer

    def since(self, resource: str, revision: int, most: int | None = None) -> Sequence[Event]:
        """The same, of those that are committed; the first `most` of them."""
        shelf = self._known_since(resource, revision)
        events = shelf.events
        if not events or events[-1].revision <= revision:
            return ()
        # Most who ask lack the last one only.
        if len(events) > 1 and events[-2].revision <= revision:
            return (events[-1],) if events[-1].revision <= self.committed else ()
        first = bisect.bisect_right(events, revision, key=_revision)
        last = bisect.bisect_right(events, self.committed, first, key=_revision)
        if most is not None:
            last = min(last, first + most)
        return tuple(itertools.islice(events, first, last))

    def listen(self, resource: str, heard: Callable[[], None]) -> None:
        """Call `heard` at every write to the resource, and when the server goes down."""
        self._shelf(resource).listeners.append(heard)

    def follow(self, resource: str, heard: Callable[[], None]) -> None:
        """Call `heard` when writes to the resource have been committed, and when the server goes down."""
        self._shelf(resource).followers.append(heard)

    async def wait(self, resource: str, revision: int, seconds: float) -> bool:
        """Wait for an event of the resource after `revision`; False when `seconds` pass first."""
        shelf = self._shelf(resource)
        if self.ending or shelf.told > revision:
            return True
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        shelf.waiters.add(waiter)
        try:
            async with asyncio.timeout(max(seconds, 0)):
                await waiter
        except TimeoutError:
            return False
        finally:
            shelf.waiters.discard(waiter)
        return True

    def end_watches(self) -> None:
        """Wake whoever waits, and let no one wait any more: the server is going down."""
        self.ending = True
        for shelf in self._shelves.values():
            for listener in shelf.listeners:
                listener()
            _wake(shelf)

    def close(self) -> None:
        """Commit what is left, close the database and let others have it."""
        self._commits.close()
        self._db.close()
        if self._lock is not None:
            self._lock.close()


def _revision(event: Event) -> int:
    return event.revision


def _is_on_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _is_full(failure: Exception) -> bool:
    code = getattr(failure, "sqlite_errorcode", 0)
    # A limit on the size of files shows as a failed write.
    return code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)


def _wake(shelf: _Shelf) -> None:
    for waiter in shelf.waiters:
        if not waiter.done():
            waiter.set_result(None)
    shelf.waiters.clear()
    for follower in shelf.followers:
        follower()


def ordered(objects: dict[tuple[str, str], Object], namespace: str | None) -> list[Object]:
    # Heavy work lists beside the loop, where something may go between its key and itself.
    keys = sorted(key for key in list(objects) if namespace is None or key[0] == namespace)
    found = [(key, objects.get(key)) for key in keys]
    return [obj for _, obj in found if obj is not None]
