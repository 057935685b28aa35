"""Brings writes that are done in memory to the disk. Where the disk does not take them, they are undone."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections import deque
from collections.abc import Iterator, Sequence

from drakkar.apiserver.storage.change import Done
from drakkar.apiserver.storage.commits import Commits
from drakkar.apiserver.storage.database import Database
from drakkar.apiserver.storage.disk_room import DiskRoom
from drakkar.apiserver.storage.errors import StorageFailedError
from drakkar.apiserver.storage.shelves import Shelves

_LOGGER = logging.getLogger(__name__)
# A disk that fails so often does not come back.
_MOST_UNDONE = 1_000


class Durability:
    """Of one store. `committed` is the revision up to which all is on the disk, `failures` how often writes were undone,
    `trouble` what the disk said last, empty while it takes everything.

    Writes are committed with those that come at the same time. Where the store has no file (`alone`), where no event loop
    runs and where the disk is full, each is committed by itself, and one that fails was never done.
    """

    def __init__(self, database: Database, room: DiskRoom, shelves: Shelves, alone: bool) -> None:
        self._db = database
        self._room = room
        self._shelves = shelves
        self.alone = alone
        self.committed = shelves.revision
        self.failures = 0
        self.trouble = ""
        # Whoever has seen one of these revisions may have seen a write that is undone.
        self._undone: deque[range] = deque(maxlen=_MOST_UNDONE)
        self._commits: Commits[Done] = Commits(self._put, self.is_committed, self._failed)

    @property
    def is_full(self) -> bool:
        """Whether the disk has no room for more than deletions."""
        return self._room.full

    def has_room(self) -> bool:
        """Whether writes of every kind are taken; looks at the disk again where they were not."""
        if self._room.full and self._room.back():
            self.trouble = ""
        return not self._room.full

    def was_undone(self, revision: int) -> bool:
        """Whether who has seen this revision may have seen what has not come to pass."""
        return any(revision in seen for seen in self._undone)

    async def wait(self, written: int, failures: int) -> None:
        """Return when all up to the revision `written` is committed; see `Store.durable`."""
        if written > self.committed:
            await self._commits.wait()
        if failures != self.failures:
            raise StorageFailedError(self.trouble or "the disk failed", self._room.full)

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Commit all writes of the block at once; if it fails the store must not be used."""
        self._commits.flush()
        alone, self.alone = self.alone, True
        try:
            with self._db.together():
                yield
        finally:
            self.alone = alone

    def flush(self) -> None:
        """Commit all that is on its way, here and now, or undo it."""
        self._commits.flush()

    def add(self, write: Done) -> None:
        """Have a write committed soon."""
        self._commits.add(write)

    def goes_alone(self) -> bool:
        """Whether the next write is to be committed by itself, and before it is done in memory."""
        return self.alone or self._room.full or not _is_on_loop()

    def write_alone(self, writes: Sequence[Done]) -> None:
        """Commit writes here and now: where nothing is on a disk, and where the disk is full and each must be looked at.
        StorageFailedError where it does not take them."""
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
            self.write_alone(writes)

    def is_committed(self, writes: Sequence[Done]) -> None:
        """Writes are on the disk: who waits for them hears of it."""
        self.committed = writes[-1].row.revision
        if self._room.full:
            # What a deletion freed is used again only once it has left the write-ahead log.
            self._db.fold()
        else:
            self.trouble = ""
        # By resource: who waits for its next write would else be woken by those of others, without end.
        last = {write.row.key[0]: write.row.revision for write in writes}
        for resource, revision in last.items():
            shelf = self._shelves.of(resource)
            shelf.told = revision
            shelf.wake()

    def close(self) -> None:
        """Commit what is left."""
        self._commits.close()

    def _put(self, writes: Sequence[Done]) -> None:
        self._db.write([write.row for write in writes])

    def _failed(
        self, writes: Sequence[Done], later: Sequence[Done], failure: Exception
    ) -> StorageFailedError | None:
        """The disk did not take writes: they are undone, unless all of them lead to room and there is a reserve for them."""
        full = self._refused(failure)
        if full and all(write.frees for write in writes) and self._room.give():
            return None
        undone: dict[str, None] = {}
        for write in reversed((*writes, *later)):
            self._shelves.of(write.row.key[0]).undo(write)
            undone[write.row.key[0]] = None
        self.failures += 1
        self._undone.append(range(self.committed + 1, self._shelves.revision + 1))
        self._shelves.revision += 1
        for resource in undone:
            shelf = self._shelves.of(resource)
            shelf.forget(self.committed)
            shelf.tell_written()
            shelf.wake()
        return StorageFailedError(self.trouble, full)

    def _refused(self, failure: Exception) -> bool:
        """Remember that the disk did not take a write, and say whether it is full."""
        full = _is_full(failure)
        self.trouble = f"the disk is full ({failure})" if full else f"the disk fails ({failure})"
        _LOGGER.error("a write to %s was refused: %s", self._db.path, failure)
        self._room.full = self._room.full or full
        return full


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
