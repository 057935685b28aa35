"""Objects of the API server, held in memory and written through to SQLite, under one revision counter for all of
them; a bounded history of events serves the watches."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
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


class Store:
    """All objects. A write returns only after SQLite has committed it (WAL, synchronous=FULL)."""

    def __init__(self, path: Path | str = ":memory:", history: int = 10_000) -> None:
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
        self._objects: dict[str, dict[tuple[str, str], Object]] = {}
        for resource, namespace, name, body in self._db.execute("SELECT * FROM objects"):
            self._objects.setdefault(resource, {})[namespace, name] = msgspec.json.decode(body)
        self._history: deque[Event] = deque(maxlen=history)
        # Nothing before the revision at start can be replayed: the history lives in memory only.
        self._oldest = self.revision
        self._changed = asyncio.Condition()

    def get(self, key: Key) -> Object | None:
        """The stored object; callers must not change it."""
        return self._objects.get(key[0], {}).get(key[1:])

    def list(self, resource: str, namespace: str | None = None) -> list[Object]:
        """Objects of a resource in (namespace, name) order."""
        found = self._objects.get(resource, {})
        return [found[k] for k in sorted(found) if namespace is None or k[0] == namespace]

    async def create(self, key: Key, obj: Object) -> Object:
        """Store a new object; raises KeyExists."""
        if self.get(key) is not None:
            raise KeyExists(key)
        return await self._write("ADDED", key, obj, None)

    async def update(self, key: Key, obj: Object, expected: str) -> Object:
        """Replace an object read at resourceVersion `expected`; raises StoreConflict, KeyError when it is gone."""
        old = self.get(key)
        if old is None:
            raise KeyError(key)
        if old["metadata"]["resourceVersion"] != expected:
            raise StoreConflict(key)
        return await self._write("MODIFIED", key, obj, old)

    async def delete(self, key: Key, expected: str) -> Object:
        """Remove an object read at `expected`; the returned last state carries the revision of the deletion."""
        old = self.get(key)
        if old is None:
            raise KeyError(key)
        if old["metadata"]["resourceVersion"] != expected:
            raise StoreConflict(key)
        return await self._write("DELETED", key, old, old)

    async def _write(self, kind: str, key: Key, obj: Object, old: Object | None) -> Object:
        revision = self.revision + 1
        stored = {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(revision)}}
        self._db.execute("BEGIN IMMEDIATE")
        try:
            if kind == "DELETED":
                self._db.execute("DELETE FROM objects WHERE resource=? AND namespace=? AND name=?", key)
            else:
                body = msgspec.json.encode(stored)
                self._db.execute("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)", (*key, body))
            self._db.execute("INSERT OR REPLACE INTO counter VALUES (1, ?)", (revision,))
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self.revision = revision
        objects = self._objects.setdefault(key[0], {})
        if kind == "DELETED":
            del objects[key[1:]]
        else:
            objects[key[1:]] = stored
        if len(self._history) == self._history.maxlen:
            self._oldest = self._history[0].revision
        self._history.append(Event(revision, kind, key, stored, old))
        async with self._changed:
            self._changed.notify_all()
        return stored

    def since(self, revision: int) -> Sequence[Event]:
        """Events after `revision`, oldest first; raises HistoryGone when some of them are no longer kept."""
        if revision < self._oldest:
            raise HistoryGone(revision)
        newer: list[Event] = []
        for event in reversed(self._history):
            if event.revision <= revision:
                break
            newer.append(event)
        newer.reverse()
        return newer

    async def wait(self, revision: int, seconds: float) -> bool:
        """Wait until the store is past `revision`; False when `seconds` pass first."""
        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: self.revision > revision)
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        """Close the database."""
        self._db.close()
