"""Tells when something comes, goes or changes in a directory, without looking at it again and again."""

from __future__ import annotations

import asyncio
import os
import struct
from pathlib import Path

from drakkar.kubelet.host import syscalls

_READ_BYTES = 64 * 1024
# Watch, what happened, a cookie, and the length of the name that follows.
_EVENT = struct.Struct("iIII")
_LOST = syscalls.IN_UNMOUNT | syscalls.IN_IGNORED | syscalls.IN_MOVE_SELF


class DirectoryWatch:
    """Counts what happens from its making on; OSError where the directory is not there or the kernel gives no watch.

    Made and closed in an event loop.
    """

    def __init__(self, directory: Path) -> None:
        self._descriptor = syscalls.watch_directory(str(directory))
        self._changed = asyncio.Event()
        # The directory itself has gone: nothing will be told any more.
        self.lost = False
        asyncio.get_running_loop().add_reader(self._descriptor, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, _READ_BYTES)
        except BlockingIOError:
            return
        position = 0
        while position < len(data):
            _, what, _, length = _EVENT.unpack_from(data, position)
            self.lost = self.lost or bool(what & _LOST)
            position += _EVENT.size + length
        self._changed.set()

    async def changed(self, seconds: float) -> None:
        """Return once something has changed since the last return, or after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            pass
        self._changed.clear()

    def close(self) -> None:
        """Stop watching."""
        if self._descriptor >= 0:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1
