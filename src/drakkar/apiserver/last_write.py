"""A note beside the database of the last revision that was written to it: a database that lost its newest part, or
all of it, looks sound by itself and is told by this."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path
from typing import NamedTuple

from drakkar.apiserver.checksum import state_sum

_LOGGER = logging.getLogger(__name__)
_LENGTH = 128
# A killed process leaves what it has written; only a power loss can take it, and then at most so many seconds.
_SYNC_EVERY = 1.0


class LastWrite(NamedTuple):
    """Which database, how far it got, and how many objects it held."""

    identity: str
    revision: int
    objects: int


class Mark:
    """The file. It may lag behind the database after a power loss, and is never ahead of it.

    Not synced at each write: that would cost as much as the commit itself.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.damaged = False
        self._file = -1
        self._synced = 0.0

    def read(self) -> LastWrite | None:
        """What it says; None where there is none, or where it is damaged, which `damaged` tells."""
        try:
            text = self.path.read_bytes()[:_LENGTH].decode() if self.path is not None else None
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:
            text = ""
        if text is None:
            return None
        try:
            identity, revision, objects, checksum = text.split()
            found = LastWrite(identity, int(revision), int(objects))
            if state_sum(*found, 0) == int(checksum):
                return found
        except ValueError:
            pass
        self.damaged = True
        return None

    def write(self, last: LastWrite, at_once: bool = False) -> None:
        """Note a write that has been committed; `at_once` has it on the disk before this returns."""
        if self.path is None:
            return
        if self._file < 0:
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        text = f"{last.identity} {last.revision} {last.objects} {state_sum(*last, 0)}"
        now = time.monotonic()
        try:
            os.pwrite(self._file, text.ljust(_LENGTH - 1).encode() + b"\n", 0)
            if at_once or now - self._synced > _SYNC_EVERY:
                os.fdatasync(self._file)
                self._synced = now
        except OSError as failure:
            # The commit before it stands; a note that lags only notices less.
            if at_once:
                raise
            _LOGGER.warning("%s could not be written: %s", self.path, failure)

    def close(self) -> None:
        """Put it on the disk and close it."""
        if self._file >= 0:
            os.fdatasync(self._file)
            os.close(self._file)
            self._file = -1
