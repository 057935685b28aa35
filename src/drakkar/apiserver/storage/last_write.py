"""A note beside the database of the last revision that was written to it: a database that lost its newest part, or
all of it, looks sound by itself and is told by this."""

from __future__ import annotations

import logging
import mmap
import os
import time
from pathlib import Path
from typing import NamedTuple

from drakkar.apiserver.storage.checksum import state_sum

_LOGGER = logging.getLogger(__name__)
# Two notes, written in turn: one that is cut off in the middle leaves the one before it.
_SLOT = 128
_SIZE = 4096
# A killed process leaves what it has written; only a power loss can take it, and then at most so many seconds.
_SYNC_EVERY = 1.0


class LastWrite(NamedTuple):
    """Which database, how far it got, and how many objects it held."""

    identity: str
    revision: int
    objects: int


class Mark:
    """The file. It may lag behind the database after a power loss, and is never ahead of it.

    It is mapped into memory and not synced at each write: that would cost as much as the commit itself.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.damaged = False
        self._map: mmap.mmap | None = None
        self._synced = 0.0

    def read(self) -> LastWrite | None:
        """What it says; None where there is none, or where it is damaged, which `damaged` tells."""
        try:
            data = self.path.read_bytes() if self.path is not None else None
        except FileNotFoundError:
            return None
        if data is None:
            return None
        found = [note for at in (0, _SLOT) if (note := _note(data[at : at + _SLOT])) is not None]
        # One that was made and not yet written says nothing, and is no damage.
        self.damaged = not found and bool(data.strip())
        return max(found, key=lambda note: note.revision, default=None)

    def write(self, last: LastWrite, at_once: bool = False) -> None:
        """Note a write that has been committed; `at_once` has it on the disk before this returns."""
        if self.path is None:
            return
        if self._map is None:
            self._map = self._mapped(self.path)
        text = f"{last.identity} {last.revision} {last.objects} {state_sum(*last, 0)}"
        at = last.revision % 2 * _SLOT
        self._map[at : at + _SLOT] = text.ljust(_SLOT - 1).encode() + b"\n"
        now = time.monotonic()
        if at_once or now - self._synced > _SYNC_EVERY:
            self._sync()
            self._synced = now

    def _mapped(self, path: Path) -> mmap.mmap:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            if os.fstat(file).st_size < _SIZE:
                # Really there before it is mapped: on a full disk a hole in it could not be written to.
                os.pwrite(file, b" " * _SIZE, 0)
                os.fsync(file)
            return mmap.mmap(file, _SIZE)
        finally:
            os.close(file)

    def _sync(self) -> None:
        try:
            if self._map is not None:
                self._map.flush()
        except OSError as failure:
            # The commit before it stands; a note that lags only notices less.
            _LOGGER.warning("%s could not be written: %s", self.path, failure)

    def close(self) -> None:
        """Put it on the disk and close it."""
        if self._map is not None:
            self._sync()
            self._map.close()
            self._map = None


def _note(slot: bytes) -> LastWrite | None:
    try:
        identity, revision, objects, checksum = slot.decode().split()
        found = LastWrite(identity, int(revision), int(objects))
        return found if state_sum(*found, 0) == int(checksum) else None
    except ValueError:
        return None
