"""Writes what a container says into its log file, one line a record, as other runtimes do."""

from __future__ import annotations

import contextlib
import os
import time

# Longer lines are written in parts.
_LINE_BYTES = 16 * 1024
_READ_BYTES = 64 * 1024


class Log:
    """The log file, one line a record, moved aside to `.1` when it is full."""

    def __init__(self, path: str, limit: int) -> None:
        self._path, self._limit = path, limit
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115
        self._size = self._file.tell()

    def write(self, stream: bytes, tag: bytes, line: bytes) -> None:
        now = time.time_ns()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now // 10**9))
        record = b"%s.%09dZ %s %s %s\n" % (stamp.encode(), now % 10**9, stream, tag, line)
        try:
            if self._size and self._size + len(record) > self._limit:
                self._rotate()
            self._size += self._file.write(record)
        except OSError:
            # A full disk must not stop the container, only its log.
            pass

    def _rotate(self) -> None:
        # Whatever fails, what was written so far stays where it is, and the next record tries again.
        fresh = open(self._path + ".new", "wb", buffering=0)  # noqa: SIM115
        try:
            with contextlib.suppress(FileNotFoundError):
                os.rename(self._path, self._path + ".1")
            os.rename(self._path + ".new", self._path)
        except OSError:
            fresh.close()
            raise
        self._file.close()
        self._file, self._size = fresh, 0


class Stream:
    """One pipe of the container's and the line it has not finished."""

    def __init__(self, descriptor: int, name: bytes, log: Log) -> None:
        self.descriptor, self._name, self._log = descriptor, name, log
        self._rest = b""

    def pump(self) -> bool:
        """Log what can be read; False at the end."""
        try:
            data = os.read(self.descriptor, _READ_BYTES)
        except BlockingIOError:
            return True
        if not data:
            if self._rest:
                self._log.write(self._name, b"F", self._rest)
                self._rest = b""
            return False
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            while len(line) > _LINE_BYTES:
                self._log.write(self._name, b"P", line[:_LINE_BYTES])
                line = line[_LINE_BYTES:]
            self._log.write(self._name, b"F", line)
        while len(self._rest) > _LINE_BYTES:
            self._log.write(self._name, b"P", self._rest[:_LINE_BYTES])
            self._rest = self._rest[_LINE_BYTES:]
        return True
