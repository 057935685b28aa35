"""Addresses of unix sockets for gRPC, short enough for the kernel wherever the socket lies."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType

# sun_path holds 108 bytes with the closing NUL.
_LIMIT = 107


class UnixSocket:
    """`address` reaches the socket at `path` for as long as this is open.

    A path that is too long for the kernel is reached through its directory's descriptor; whoever dials the socket
    from another process does the same for himself.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._directory: int | None = None
        self.address = f"unix:{self.path}"
        if len(os.fsencode(self.path)) > _LIMIT:
            self._directory = os.open(self.path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            self.address = f"unix:/proc/self/fd/{self._directory}/{self.path.name}"

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
