"""Room on the disk that is kept for deletions: where the disk is full, what makes room must still be possible."""

from __future__ import annotations

import os
import time
from pathlib import Path

# A write-ahead log grows to four MiB before its pages go into the database and it starts over.
RESERVE = 8 * 1024 * 1024
# With less than this beside the reserve the next writes would be refused again.
_MARGIN = 4 * 1024 * 1024
_ASK_EVERY = 1.0


class DiskRoom:
    """A file that holds the reserve. `full` is true from a failed write until there is room again."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._held = False
        self._asked = 0.0
        self.full = False
        if path is not None:
            self._hold()

    def _hold(self) -> bool:
        """Take the reserve; False where the disk has not so much."""
        if self._held or self._path is None:
            return True
        try:
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                os.posix_fallocate(file, 0, RESERVE)
            finally:
                os.close(file)
        except OSError:
            self._let_go()
            return False
        self._held = True
        return True

    def _let_go(self) -> None:
        self._held = False
        if self._path is not None:
            try:
                os.truncate(self._path, 0)
            except OSError:
                # It could not be made either; there is nothing to give back.
                return

    def give(self) -> bool:
        """Give the reserve to a deletion; False where it has been given already."""
        held, self._held = self._held, False
        if held:
            self._let_go()
        return held

    def back(self) -> bool:
        """Whether there is room again for everything; asks the disk once a second at most."""
        if not self.full:
            return True
        now = time.monotonic()
        if now - self._asked < _ASK_EVERY:
            return False
        self._asked = now
        self.full = not (self._hold() and self._has(_MARGIN))
        return not self.full

    def _has(self, size: int) -> bool:
        if self._path is None:
            return True
        disk = os.statvfs(self._path.parent)
        return disk.f_bavail * disk.f_frsize >= size
