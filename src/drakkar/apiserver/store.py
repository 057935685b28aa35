"""Objects of the API server, held in memory and written through to SQLite, under one revision counter for all of
them; a bounded history of events, resource by resource, serves the watches and the pages of long lists."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

Key = tuple[str, str, str]  # resource ("group/plural"), namespace or "", name
Object = dict[str, Any]


class StoreConflict(Exception):
    """The object is not at the revision that the writer had read."""


class KeyExists(Exception):
    """An object of that key is stored already."""


class HistoryGone(Exception):
    """The revision asked for is older than the history kept."""


@dataclass(frozen=True, slots=True)
class Event:
    """One change: `kind` is ADDED, MODIFIED or DELETED; `old` is the object before it, None for ADDED."""

    revision: int
    kind: str
    key: Key
    object: Object
    old: Object | None


@dataclass(slots=True)
class _Shelf:
    """One resource: its objects, its recent events, and who waits for the next one."""

    events: deque[Event]
    oldest: int
    objects: dict[tuple[str, str], Object] = field(default_factory=dict)
    waiters: set[asyncio.Future[None]] = field(default_factory=set)


class Store:
    """All objects. A write returns only after SQLite has committed it (WAL, synchronous=FULL).

    Nothing is awaited inside a write, so a read and the write that follows it are one step on the event loop.
    """

    def __init__(self, path: Path | str = ":memory:", history: int = 4_000) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS objects (resource TEXT, namespace TEXT, name TEXT, body BLOB,"
            " PRIMARY KEY (resource, namespace, name)) WITHOUT ROWID"
        )
        self._db.execute("CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY, revision INTEGER)")
        row = self._db.execute("SELECT revision FROM counter WHERE id = 1").fetchone()
        self.revision: int = row[0] if row else 1
        self.ending = False
        self._together = False
        self._history = history
        # Nothing before the revision at start can be replayed: the history lives in memory only.
        self._start = self.revision
        self._shelves: dict[str, _Shelf] = {}
        for resource, namespace, name, body in self._db.execute("SELECT * FROM objects"):
            self._shelf(resource).objects[namespace, name] = msgspec.json.decode(body)

    def _shelf(self, resource: str) -> _Shelf:
        shelf = self._shelves.get(resource)
        if shelf is None:
            shelf = self._shelves[resource] = _Shelf(deque(maxlen=self._history), self._start)
        return shelf

    def get(self, key: Key) -> Object | None:
        """The stored object; callers must not change it."""
        shelf = self._shelves.get(key[0])
        return shelf.objects.get(key[1:]) if shelf else None

    def list(self, resource: str, namespace: str | None = None) -> list[Object]:
        """Objects of a resource in (namespace, name) order."""
        shelf = self._shelves.get(resource)
        return _ordered(shelf.objects, namespace) if shelf else []

    def counts(self) -> dict[str, int]:
        """How many objects each resource has."""
        return {resource: len(shelf.objects) for resource, shelf in self._shelves.items()}

    def list_at(self, resource: str, namespace: str | None, revision: int) -> Sequence[Object]:
        """The list as it was at `revision`; raises HistoryGone when that is too long ago."""
        newer = self.since(resource, revision)
        if not newer:
            return self.list(resource, namespace)
        objects = dict(self._shelf(resource).objects)
        for event in reversed(newer):
            if event.old is None:
                objects.pop(event.key[1:], None)
            else:
                objects[event.key[1:]] = event.old
        return _ordered(objects, namespace)

    async def create(self, key: Key, obj: Object) -> Object:
        """Store a new object; raises KeyExists."""
        if self.get(key) is not None:
            raise KeyExists(key)
        return self._write("ADDED", key, obj, None)

    async def update(self, key: Key, obj: Object, expected: str) -> Object:
        """Replace an object read at resourceVersion `expected`; raises StoreConflict, KeyError when it is gone."""
        return self._write("MODIFIED", key, obj, self._expected(key, expected))

    async def delete(self, key: Key, expected: str, last: Object | None = None) -> Object:
        """Remove an object read at `expected`; the returned last state carries the revision of the deletion.

        `last` is that state where it differs from what is stored.
        """
        old = self._expected(key, expected)
        return self._write("DELETED", key, last or old, old)

    def _expected(self, key: Key, expected: str) -> Object:
        old = self.get(key)
        if old is None:
            raise KeyError(key)
        if old["metadata"]["resourceVersion"] != expected:
            raise StoreConflict(key)
        return old

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Commit all writes of the block at once, before anybody is served; if it fails the store must not be used."""
        self._db.execute("BEGIN IMMEDIATE")
        self._together = True
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        finally:
            self._together = False

    def _write(self, kind: str, key: Key, obj: Object, old: Object | None) -> Object:
        revision = self.revision + 1
        stored = {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(revision)}}
        alone = not self._together
        if alone:
            self._db.execute("BEGIN IMMEDIATE")
        try:
            if kind == "DELETED":
                self._db.execute("DELETE FROM objects WHERE resource=? AND namespace=? AND name=?", key)
            else:
                body = msgspec.json.encode(stored)
                self._db.execute("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)", (*key, body))
            self._db.execute("INSERT OR REPLACE INTO counter VALUES (1, ?)", (revision,))
            if alone:
                self._db.execute("COMMIT")
        except BaseException:
            if alone:
                self._db.execute("ROLLBACK")
            raise
        self.revision = revision
        shelf = self._shelf(key[0])
        if kind == "DELETED":
            del shelf.objects[key[1:]]
        else:
            shelf.objects[key[1:]] = stored
        if len(shelf.events) == shelf.events.maxlen:
            shelf.oldest = shelf.events[0].revision
        shelf.events.append(Event(revision, kind, key, stored, old))
        _wake(shelf)
        return stored

    def since(self, resource: str, revision: int) -> Sequence[Event]:
        """The resource's events after `revision`, oldest first; HistoryGone when some of them are no longer kept."""
        shelf = self._shelf(resource)
        if revision < shelf.oldest:
            raise HistoryGone(revision)
        newer: list[Event] = []
        for event in reversed(shelf.events):
            if event.revision <= revision:
                break
            newer.append(event)
        newer.reverse()
        return newer

    async def wait(self, resource: str, revision: int, seconds: float) -> bool:
        """Wait for an event of the resource after `revision`; False when `seconds` pass first."""
        shelf = self._shelf(resource)
        if self.ending or (shelf.events and shelf.events[-1].revision > revision):
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
            _wake(shelf)

    def close(self) -> None:
        """Close the database."""
        self._db.close()


def _wake(shelf: _Shelf) -> None:
    for waiter in shelf.waiters:
        if not waiter.done():
            waiter.set_result(None)
    shelf.waiters.clear()


def _ordered(objects: dict[tuple[str, str], Object], namespace: str | None) -> list[Object]:
    return [objects[key] for key in sorted(objects) if namespace is None or key[0] == namespace]
