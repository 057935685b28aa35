"""One server at a time on a data directory: two would each count revisions for themselves."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from drakkar.apiserver.storage.errors import InUseError


class DataLock:
    """Held until closed, or until the process ends in whatever way."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(self._file, 32, 0).decode(errors="replace").strip()
            os.close(self._file)
            by = f" (process {holder})" if holder.isdigit() else ""
            raise InUseError(
                f"{path.parent} is in use by another API server{by}: end that one, or give this one another --data-dir"
            ) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        """Let it go."""
        os.close(self._file)
