"""Objects of the API server, held in memory and written through to SQLite, under one revision counter for all of
them; a bounded history of events, resource by resource, serves the watches and the pages of long lists."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from drakkar.api.object import Object
from drakkar.apiserver import beside
from drakkar.apiserver.storage import database, repair
from drakkar.apiserver.storage.change import Check, Done, Event, Wanted
from drakkar.apiserver.storage.data_lock import DataLock
from drakkar.apiserver.storage.database import Database, Key
from drakkar.apiserver.storage.disk_room import DiskRoom
from drakkar.apiserver.storage.durability import Durability
from drakkar.apiserver.storage.errors import (
    LARGEST,
    HistoryGoneError,
    KeyExistsError,
    MissingError,
    StoreConflictError,
    TooLargeError,
)
from drakkar.apiserver.storage.in_order import in_order
from drakkar.apiserver.storage.shelf import Place, Shelf, ordered
from drakkar.apiserver.storage.shelves import Shelves

# Where an object is larger, work on it is heavy.
_LARGE = 16 * 1024


class Store:
    """All objects. Nothing is awaited inside a write, so a read and the write that follows it are one step on the event loop.

    A write is done in memory at once, and committed (WAL, synchronous=FULL) together with those that come at the same time.
    Nobody is to be told of it before: `durable` waits for that, and events and watches are told only what is committed. Where the
    disk does not take it, it is undone (`Durability`).
    """

    def __init__(self, path: Path | str = ":memory:", history: int = 4_000) -> None:
        """Open the files and check all of them; raises DamagedError, or InUseError where another server has them."""
        file = None if path == ":memory:" else Path(path)
        self._lock = None if file is None else DataLock(file.with_name("lock"))
        self.ending = False
        try:
            if file is not None:
                repair.finish(file)
            self._db = Database(path)
            self._shelves = Shelves(self._db.state.revision, history)
            try:
                for stored in self._db.load():
                    self._shelves.of(stored.key[0]).load(stored)
            except BaseException:
                self._db.close()
                raise
        except BaseException:
            if self._lock is not None:
                self._lock.close()
            raise
        room = DiskRoom(None if file is None else file.with_name("reserve"))
        self._disk = Durability(self._db, room, self._shelves, alone=file is None)

    @property
    def revision(self) -> int:
        """That of the last write."""
        return self._shelves.revision

    @property
    def committed(self) -> int:
        """The revision up to which all is on the disk."""
        return self._disk.committed

    @property
    def failures(self) -> int:
        """How often writes were undone."""
        return self._disk.failures

    @property
    def trouble(self) -> str:
        """What the disk said when it refused the last write; empty when it took it."""
        return self._disk.trouble

    def get(self, key: Key) -> Object | None:
        """The stored object; callers must not change it."""
        return self._shelves.get(key)

    def list(self, resource: str, namespace: str | None = None) -> list[Object]:
        """Objects of a resource in (namespace, name) order."""
        shelf = self._shelves.find(resource)
        return ordered(shelf.objects, namespace) if shelf else []

    def weight(self, key: Key) -> int:
        """The size of a large object; 0 for all others."""
        length = self._shelves.length(key)
        return length if length > _LARGE else 0

    def extent(self, resource: str) -> tuple[int, int]:
        """How many objects a resource has, and the size of all of them."""
        shelf = self._shelves.find(resource)
        return (len(shelf.objects), shelf.length) if shelf else (0, 0)

    def counts(self) -> dict[str, int]:
        """How many objects each resource has."""
        return {resource: len(shelf.objects) for resource, shelf in self._shelves.items()}

    def snapshot(self, resource: str, revision: int) -> dict[Place, Object]:
        """The resource's objects as they were at `revision`, by namespace and name; HistoryGoneError when that is too long
        ago. It is the caller's own, and may be looked at beside the loop."""
        shelf = self._known_since(resource, revision)
        newer = shelf.newer(revision)
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
        return self._write(Wanted("ADDED", key, obj, None), check)

    async def update(self, key: Key, obj: Object, expected: str, check: Check | None = None) -> Object:
        """Replace an object read at resourceVersion `expected`; raises StoreConflictError, or MissingError, and what `check`
        raises at that moment."""
        return await beside.back(self._update, key, obj, expected, check)

    def _update(self, key: Key, obj: Object, expected: str, check: Check | None = None) -> Object:
        return self._write(Wanted("MODIFIED", key, obj, self._expected(key, expected)), check)

    async def delete(self, key: Key, expected: str, last: Object | None = None) -> Object:
        """Remove an object read at `expected`; the returned last state carries the revision of the deletion.

        `last` is that state where it differs from what is stored.
        """
        return await beside.back(self._delete, key, expected, last)

    def _delete(self, key: Key, expected: str, last: Object | None) -> Object:
        old = self._expected(key, expected)
        return self._write(Wanted("DELETED", key, last or old, old))

    def _expected(self, key: Key, expected: str) -> Object:
        old = self.get(key)
        if old is None:
            raise MissingError(key)
        if old["metadata"]["resourceVersion"] != expected:
            raise StoreConflictError(key)
        return old

    def together(self) -> contextlib.AbstractContextManager[None]:
        """Commit all writes of the block at once, before anybody is served; if it fails the store must not be used."""
        return self._disk.together()

    async def durable(self, resource: str | None, failures: int) -> None:
        """Return when all that was written by now to a resource, or to any where none is named, is committed.

        `failures` is what the store's number of failures was when the caller began: since then it may have written, or seen,
        what has been undone. StorageFailedError if that is so.
        """
        if resource is None:
            await self._disk.wait(self.revision, failures)
        else:
            shelf = self._shelves.find(resource)
            await self._disk.wait(shelf.written if shelf else 0, failures)

    def readable(self, resource: str) -> int:
        """The revision of what is read of a resource now, be it committed or not."""
        shelf = self._shelves.find(resource)
        return max(self.committed, shelf.written if shelf else 0)

    def _write(self, wanted: Wanted, check: Check | None = None) -> Object:
        """Do a write and what `check` says along with it, which comes first: who sees the one has the other."""
        if self._disk.is_full:
            # What is still on its way to a full disk may be undone.
            self._disk.flush()
            if self.get(wanted.key) is not wanted.old:
                raise StoreConflictError(wanted.key)
        along = [
            Wanted("MODIFIED", one.key, one.object, self.get(one.key))
            for one in (check() if check is not None else ())
        ]
        return self._write_all([*along, wanted])

    def _write_all(self, wanted: Sequence[Wanted]) -> Object:
        """Do all of them, or none; the answer is the last one as it is stored."""
        # What comes along is no more than a number that changes in place.
        frees = wanted[-1].frees
        changes = [
            self._prepared(one, revision, frees) for revision, one in enumerate(wanted, self.revision + 1)
        ]
        done = [write for _, write in changes]
        alone = self._disk.goes_alone()
        if alone:
            self._disk.write_alone(done)
        for event, write in changes:
            self._shelves.apply(event, write.row)
        # Last: whoever reads it beside the loop, and looks then, finds all that came to pass by it.
        self._shelves.revision = changes[-1][0].revision
        if not alone:
            for write in done:
                self._disk.add(write)
        if alone:
            self._disk.is_committed(done)
        for resource in {one.key[0]: None for one in wanted}:
            self._shelves.of(resource).tell_written()
        return changes[-1][0].object

    def _prepared(self, one: Wanted, revision: int, frees: bool) -> tuple[Event, Done]:
        """A change as it is told, and as it is done; TooLargeError."""
        meta = {**one.object["metadata"], "resourceVersion": str(revision)}
        stored = {**in_order(one.object), "metadata": meta}
        body = None if one.kind == "DELETED" else msgspec.json.encode(stored)
        if body is not None and len(body) > LARGEST:
            raise TooLargeError(len(body))
        row = database.row(one.key, body, self._shelves.sum(one.key), revision)
        event = Event(revision, one.kind, one.key, stored, one.old)
        return event, Done(row, one.old, self._shelves.length(one.key), frees)

    def has_room(self) -> bool:
        """Whether writes of every kind are taken; looks at the disk again where they were not."""
        return self._disk.has_room()

    def _known_since(self, resource: str, revision: int) -> Shelf:
        shelf = self._shelves.of(resource)
        if revision < shelf.oldest or self._disk.was_undone(revision):
            raise HistoryGoneError(revision)
        return shelf

    def newer(self, resource: str, revision: int) -> deque[Event]:
        """The resource's events after `revision`, oldest first, those that are not committed yet among them;
        HistoryGoneError when some of them are no longer kept."""
        return self._known_since(resource, revision).newer(revision)

    def since(self, resource: str, revision: int, most: int | None = None) -> Sequence[Event]:
        """The same, of those that are committed; the first `most` of them."""
        return self._known_since(resource, revision).since(revision, self.committed, most)

    def retire(self, resource: str) -> None:
        """Keep no more of a resource that is served no more than there is room for; nothing where it has objects."""
        self._shelves.retire(resource)

    def told(self, resource: str) -> int:
        """The revision of the resource's last write that is committed; 0 before the first."""
        shelf = self._shelves.find(resource)
        return shelf.told if shelf else 0

    def listen(self, resource: str, heard: Callable[[], None]) -> None:
        """Call `heard` at every write to the resource, and when the server goes down."""
        self._shelves.of(resource).listeners.append(heard)

    def follow(self, resource: str, heard: Callable[[], None]) -> None:
        """Call `heard` when writes to the resource have been committed, and when the server goes down."""
        self._shelves.of(resource).followers.append(heard)

    async def wait(self, resource: str, revision: int, seconds: float) -> bool:
        """Wait for an event of the resource after `revision`; False when `seconds` pass first."""
        shelf = self._shelves.of(resource)
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
        for _, shelf in self._shelves.items():
            shelf.tell_written()
            shelf.wake()

    def close(self) -> None:
        """Commit what is left, close the database and let others have it."""
        self._disk.close()
        self._db.close()
        if self._lock is not None:
            self._lock.close()
