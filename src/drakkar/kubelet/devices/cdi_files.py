"""The CDI files of a node's directories: found, read and parsed beside the event loop, and remembered until they change.

Anybody's driver may write there, and any mistake: what is wrong with one file costs only that file.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from drakkar.driver.cdi.spec import Spec, decode
from drakkar.driver.errors import CdiError
from drakkar.kubelet.devices.cdi import Edits, edits_from
from drakkar.kubelet.devices.one_line import one_line

_log = logging.getLogger(__name__)
# Of one directory; somebody may have filled it by mistake.
MAX_SPEC_FILES = 4096
# Of one file. YAML takes a hundred times as long as JSON where it is parsed in Python.
MAX_SPEC_BYTES = {".json": 8 * 1024 * 1024, ".yaml": 1024 * 1024}
MAX_BYTES_IN_ALL = 64 * 1024 * 1024
_FAULTS_TOLD = 10
# A file that changed as lately as this may change again without its times showing it.
_SETTLED_SECONDS = 1.0
_YAML: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_Identity = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class _File:
    """What a file was found to be; `identity` changes with it, and is None where that cannot be counted on yet."""

    identity: _Identity | None
    size: int
    spec: Spec | None = None
    fault: str = ""


class CdiFiles:
    """`tell` hears of each file that is not valid, once for each time that it changes."""

    def __init__(self, directories: Iterable[Path], tell: Callable[[str], None] = lambda text: None) -> None:
        self._directories = tuple(directories)
        self._tell = tell
        self._known: dict[str, _File] = {}
        self._told: set[str] = set()
        self._lock = asyncio.Lock()

    async def container_edits(self, device_ids: Sequence[str]) -> Edits:
        """Edits for a container from the files as they are now.

        CdiError for a device that no valid file defines; it also names the first file that is not valid.
        """
        if not device_ids:
            return Edits()
        async with self._lock:
            specs, faults = await asyncio.to_thread(self._look)
            self._tell_new(faults)
        try:
            return await asyncio.to_thread(edits_from, specs, device_ids)
        except CdiError as error:
            if faults:
                raise CdiError(f"{error} ({faults[0]})") from None
            raise

    def _tell_new(self, faults: Sequence[str]) -> None:
        fresh = [fault for fault in faults if fault not in self._told]
        self._told = set(faults)
        for fault in fresh[:_FAULTS_TOLD]:
            _log.error("CDI file %s", fault)
            self._tell(f"CDI file {fault}")

    def _look(self) -> tuple[list[Spec], list[str]]:
        """All valid specs, by directory and then name, and what is wrong with the others."""
        seen: dict[str, _File] = {}
        faults: list[str] = []
        left = MAX_BYTES_IN_ALL
        for directory in self._directories:
            for path in _named(directory, faults):
                known = seen[path] = self._file(path, left)
                left -= known.size
        self._known = seen
        faults += [
            f"{one_line(os.path.basename(path))}: {file.fault}" for path, file in seen.items() if file.fault
        ]
        return [file.spec for file in seen.values() if file.spec is not None], faults

    def _file(self, path: str, left: int) -> _File:
        try:
            # A fifo, a device or a directory is not even opened.
            info = os.stat(path)
            identity = info.st_dev, info.st_ino, info.st_mtime_ns, info.st_ctime_ns, info.st_size
            known = self._known.get(path)
            if known is not None and known.identity == identity:
                return known
            text = _content(path, info, min(MAX_SPEC_BYTES[Path(path).suffix], left))
        except (OSError, CdiError) as error:
            return _File(None, 0, fault=one_line(str(error)))
        settled = identity if time.time() - info.st_ctime >= _SETTLED_SECONDS else None
        try:
            return _File(settled, len(text), decode(_parsed(path, text)))
        except Exception as error:
            # Of a scalar that is not what its tag says, the YAML library raises whatever comes of it.
            return _File(settled, len(text), fault=one_line(str(error) or repr(error)))


def _named(directory: Path, faults: list[str]) -> Iterator[str]:
    try:
        with os.scandir(directory) as entries:
            paths = sorted(entry.path for entry in entries if Path(entry.name).suffix in MAX_SPEC_BYTES)
    except FileNotFoundError:
        return
    except OSError as error:
        faults.append(f"{one_line(str(directory))}: {error.strerror}")
        return
    if len(paths) > MAX_SPEC_FILES:
        faults.append(
            f"{one_line(str(directory))}: more than {MAX_SPEC_FILES} files; the last ones are not read"
        )
    yield from paths[:MAX_SPEC_FILES]


def _content(path: str, info: os.stat_result, most: int) -> bytes:
    """All of a regular file; CdiError for anything else, and for one of more than `most` bytes, whatever its size says."""
    _check_regular(info)
    # What lies there may have been replaced since; opening a fifo must not wait for somebody who writes.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    with os.fdopen(descriptor, "rb") as stream:
        _check_regular(os.fstat(stream.fileno()))
        text = stream.read(most + 1)
    if len(text) > most:
        raise CdiError(f"larger than {most} bytes")
    return text


def _check_regular(info: os.stat_result) -> None:
    if not stat.S_ISREG(info.st_mode):
        raise CdiError("not a regular file")


def _parsed(path: str, text: bytes) -> Any:
    if path.endswith(".json"):
        return json.loads(text)
    # A few lines of aliases can stand for more than any memory holds. Drivers in Go, which write YAML unless they are told
    # otherwise, never write them.
    if b"*" in text and any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=_YAML)):
        raise CdiError("aliases are not read")
    return yaml.load(text, Loader=_YAML)
