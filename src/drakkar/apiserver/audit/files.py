"""The audit log's file: it begins anew when it is large, and those before it are kept for a while, under the names that
kube-apiserver gives them. Or the standard output."""

from __future__ import annotations

import contextlib
import datetime
import gzip
import logging
import os
import shutil
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

_LOGGER = logging.getLogger(__name__)
_MEGABYTE: Final = 1024 * 1024
_GZIP: Final = ".gz"
_STAMP: Final = "%Y-%m-%dT%H-%M-%S.%f"


class Keeping(NamedTuple):
    """How large a file grows in megabytes, how many of those before it are kept, and for how many days, 0 being no limit; and
    whether these are compressed."""

    megabytes: int = 100
    backups: int = 100
    days: int = 366
    compress: bool = False


KEEPING: Final = Keeping()


class StandardOutput:
    """Lines on the process's standard output."""

    name = "log"

    def hurry(self) -> None:
        """It never waits."""

    def write(self, lines: Sequence[bytes]) -> None:
        """Write all of them; OSError."""
        _write_all(sys.stdout.fileno(), b"".join(lines))

    def close(self) -> None:
        """It stays open."""


class LogFile:
    """Lines at the end of a file, which only its owner reads. OSError where it cannot be opened."""

    name = "log"

    def __init__(self, path: Path, keeping: Keeping) -> None:
        self._path = path
        self._keeping = keeping
        path.parent.mkdir(parents=True, exist_ok=True)
        self._tidying = threading.Lock()
        self._open()
        self._tidy()

    def write(self, lines: Sequence[bytes]) -> None:
        """Write all of them, each into one file; OSError where that cannot be done, and then none of them is there."""
        most = self._keeping.megabytes * _MEGABYTE
        if most and self._size and self._size + sum(map(len, lines)) > most:
            self._begin_anew()
        self._append(b"".join(lines))

    def hurry(self) -> None:
        """It never waits."""

    def close(self) -> None:
        """Write no more."""
        os.close(self._file)

    def _open(self) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._file = os.open(self._path, flags, 0o600)
        self._size = os.fstat(self._file).st_size

    def _append(self, data: bytes) -> None:
        try:
            _write_all(self._file, data)
        except OSError:
            # Half an event would spoil the next line, too.
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._size)
            raise
        self._size += len(data)

    def _begin_anew(self) -> None:
        now = datetime.datetime.now(datetime.UTC)
        name = f"{self._path.stem}-{now.strftime(_STAMP)[:-3]}{self._path.suffix}"
        try:
            os.rename(self._path, self._path.with_name(name))
            before = self._file
            self._open()
            os.close(before)
        except OSError as failure:
            _LOGGER.error("the audit log goes on in a file that is too large: %s", failure)
        self._tidy()

    def _tidy(self) -> None:
        self._drop_old()
        if self._keeping.compress:
            # It takes seconds, in which events are to be written.
            threading.Thread(target=self._compress, name="audit-compression", daemon=True).start()

    def _compress(self) -> None:
        """Compress files of before, also those that an earlier process left."""
        with self._tidying:
            try:
                left = [path for _, path in self._backups() if path.suffix != _GZIP]
                for path in left:
                    _compress(path)
            except OSError as failure:
                _LOGGER.error("an old audit log is not compressed: %s", failure)

    def _drop_old(self) -> None:
        """Remove files of before that are too many or too old; whatever has no name of one stays."""
        try:
            found = sorted(self._backups(), reverse=True)
        except OSError as failure:
            _LOGGER.error("old audit logs are not removed: %s", failure)
            return
        backups, days = self._keeping.backups, self._keeping.days
        oldest = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=min(days, 100_000))
        for at, (when, path) in enumerate(found):
            if (backups and at >= backups) or (days and when < oldest):
                try:
                    path.unlink()
                except OSError as failure:
                    _LOGGER.error("an old audit log is not removed: %s", failure)

    def _backups(self) -> list[tuple[datetime.datetime, Path]]:
        found = []
        there = list(self._path.parent.iterdir())
        names = {one.name for one in there}
        for one in there:
            name = one.name.removesuffix(_GZIP)
            if name != one.name and name in names:
                # What it is made of goes in a moment, or was left by a process that was killed then.
                continue
            stamp = name.removeprefix(f"{self._path.stem}-").removesuffix(self._path.suffix)
            if name == f"{self._path.stem}-{stamp}{self._path.suffix}":
                with contextlib.suppress(ValueError):
                    when = datetime.datetime.strptime(stamp, _STAMP)
                    found.append((when.replace(tzinfo=datetime.UTC), one))
        return found


def _compress(path: Path) -> None:
    """Put a compressed file in the place of one; OSError, and then the one is still there."""
    part = path.with_name(f"{path.name}{_GZIP}.part")
    try:
        with path.open("rb") as whole, open(part, "wb", opener=_of_the_owner) as file:
            with gzip.GzipFile(path.name, "wb", fileobj=file) as packed:
                shutil.copyfileobj(whole, packed)
            os.fsync(file.fileno())
        part.replace(path.with_name(f"{path.name}{_GZIP}"))
        path.unlink()
    except FileNotFoundError:
        # It was removed meanwhile, being too old.
        part.unlink(missing_ok=True)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _of_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _write_all(file: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(file, left) :]
