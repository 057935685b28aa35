"""Addresses of unix sockets for gRPC, short enough for the kernel wherever the socket lies."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

# sun_path holds 108 bytes with the closing NUL.
_LIMIT = 107


class UnixSocket:
    """`address` reaches the socket at `path` for as long as this is open, and `file` is what a program opens for it.

    A path that is too long for the kernel is reached through its directory's descriptor; whoever dials the socket
    from another process does the same for himself. OSError for a path that no socket can have.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._directory: int | None = None
        name = os.fsencode(self.path)
        if b"\0" in name:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        self.file = str(self.path)
        if len(name) > _LIMIT:
            self._directory = os.open(self.path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            self.file = f"/proc/self/fd/{self._directory}/{self.path.name}"
            if len(os.fsencode(self.file)) > _LIMIT:
                self.close()
                raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
        # gRPC reads it as a part of a URL.
        self.address = f"unix:{quote(os.fsencode(self.file))}"

    def close(self) -> None:
        """Let go of the directory; the address is no longer good."""
        if self._directory is not None:
            os.close(self._directory)
            self._directory = None

    def __enter__(self) -> UnixSocket:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
