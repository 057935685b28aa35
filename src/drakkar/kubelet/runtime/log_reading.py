"""Reads container logs: whole, from the end, from a time on, and as they grow."""

from __future__ import annotations

import asyncio
import datetime
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from drakkar.api.go_time import canonical_time
from drakkar.api.time import micro_time_text, time_of

# A log and the one rotated away before it are read; see process/container_log.py.
_BLOCK = 64 * 1024
_FOLLOW_SECONDS = 0.1
_TAIL_BYTES = 2048
_TAIL_LINES = 80


class LogOptionsError(Exception):
    """Options of a log request that make no sense; the message names the one."""


@dataclass(frozen=True, slots=True)
class LogOptions:
    """What of a log is wanted. `since` is a time in the log's own form; "" is from the start."""

    follow: bool = False
    tail_lines: int | None = None
    since: str = ""
    timestamps: bool = False
    limit_bytes: int | None = None
    stream: str = ""

    @classmethod
    def parse(cls, query: dict[str, str], now: float) -> LogOptions:
        """From the query of a request, as kubectl and the API server send it."""

        def number(name: str, least: int) -> int | None:
            text = query.get(name, "")
            if not text:
                return None
            try:
                value = int(text)
            except ValueError:
                value = least - 1
            if value < least:
                raise LogOptionsError(
                    f"{name}: Invalid value: {text!r}: must be a number of at least {least}"
                )
            return value

        def truth(name: str) -> bool:
            return query.get(name, "").lower() in ("1", "true")

        seconds = number("sinceSeconds", 1)
        since = _since(query.get("sinceTime", "")) if seconds is None else _stamp(now, seconds)
        stream = query.get("stream", "All").lower()
        return cls(
            follow=truth("follow"),
            tail_lines=number("tailLines", 0),
            since=since,
            timestamps=truth("timestamps"),
            limit_bytes=number("limitBytes", 1),
            stream="" if stream == "all" else stream,
        )


def _since(text: str) -> str:
    if not text:
        return ""
    try:
        # Refuses what Go refuses, such as a time without a zone.
        canonical_time(text)
        return _stamp(time_of(text).timestamp())
    except ValueError:
        raise LogOptionsError(f"sinceTime: Invalid value: {text!r}") from None


def _stamp(seconds: float, before: int = 0) -> str:
    """A moment, so many seconds before another, as records have it; empty for one before all years."""
    try:
        moment = datetime.datetime.fromtimestamp(seconds - before, datetime.UTC)
    except (OverflowError, ValueError):
        return ""
    return micro_time_text(moment).replace("Z", "000Z")


def _render(record: bytes, options: LogOptions, continued: bool) -> tuple[bytes, bool] | None:
    """A record as the reader wants it, and whether it is the last part of its line; None for one he does not want."""
    stamp, _, rest = record.partition(b" ")
    stream, _, rest = rest.partition(b" ")
    tag, _, content = rest.partition(b" ")
    if options.since and stamp.decode("ascii", "replace") < options.since:
        return None
    if options.stream and stream.decode("ascii", "replace") != options.stream:
        return None
    full = tag != b"P"
    text = content.rstrip(b"\n") + (b"\n" if full else b"")
    if options.timestamps and not continued:
        text = stamp + b" " + text
    return text, full


def _lines_from_end(path: Path, wanted: int) -> int:
    """The offset at which a file's last `wanted` full lines begin."""
    size = path.stat().st_size
    if wanted <= 0:
        return size
    with open(path, "rb") as file:
        position, found = size, 0
        while position > 0:
            start = max(0, position - _BLOCK)
            file.seek(start)
            block = file.read(position - start)
            end = len(block)
            if position == size and block.endswith(b"\n"):
                end -= 1
            while (at := block.rfind(b"\n", 0, end)) >= 0:
                found += 1
                if found == wanted:
                    return start + at + 1
                end = at
            position = start
    return 0


def read_log(path: Path, options: LogOptions, running: Callable[[], bool]) -> AsyncIterator[bytes]:
    """The log's text in pieces. With `follow` it goes on until `running` says no and everything is read.

    Where the text begins is settled now, not when the first piece is asked for.
    """
    old = path.with_name(path.name + ".1")
    files = [file for file in (old, path) if file.exists()]
    offsets = dict.fromkeys(files, 0)
    if options.tail_lines is not None:
        left = options.tail_lines
        for file in reversed(files):
            offsets[file] = _lines_from_end(file, left)
            with open(file, "rb") as counted:
                counted.seek(offsets[file])
                left -= sum(1 for _ in counted)
            left = max(left, 0)
    return _read(path, options, running, offsets)


class _Text:
    """What is shown of a log's records, within the limit of bytes."""

    def __init__(self, options: LogOptions) -> None:
        self._options = options
        self._left = options.limit_bytes
        self._continued = False
        # The beginning of a record whose end is not written yet.
        self._rest = b""

    @property
    def is_full(self) -> bool:
        return self._left == 0

    def begin_file(self) -> None:
        """A record does not go on in another file."""
        self._rest = b""

    def of(self, block: bytes) -> bytes:
        """The text of what was read next."""
        *records, self._rest = (self._rest + block).split(b"\n")
        out = b""
        for record in records:
            rendered = _render(record, self._options, self._continued)
            if rendered is not None:
                out += rendered[0]
                self._continued = not rendered[1]
        if self._left is not None:
            out = out[: self._left]
            self._left -= len(out)
        return out


async def _read(
    path: Path, options: LogOptions, running: Callable[[], bool], offsets: dict[Path, int]
) -> AsyncIterator[bytes]:
    text = _Text(options)
    files = list(offsets)
    for file in files if path in files else [*files, path]:
        if not file.exists():
            if not options.follow:
                continue
            while not file.exists() and running():  # noqa: ASYNC110 - another process makes it
                await asyncio.sleep(_FOLLOW_SECONDS)
            if not file.exists():
                return
        text.begin_file()
        follows = running if options.follow and file == path else None
        async with aclosing(_blocks(file, offsets.get(file, 0), follows)) as blocks:
            async for block in blocks:
                if out := text.of(block):
                    yield out
                if text.is_full:
                    return


async def _blocks(file: Path, offset: int, follows: Callable[[], bool] | None) -> AsyncGenerator[bytes]:
    """A file from an offset on; followed where it is renamed and made anew, for as long as `follows` says, if it may be."""
    handle = open(file, "rb")  # noqa: SIM115
    try:
        handle.seek(offset)
        while True:
            # Asked before reading: what was written before the end is then surely read.
            goes_on = follows is not None and follows()
            if block := handle.read(_BLOCK):
                yield block
            elif follows is not None and _replaced(handle.fileno(), file):
                handle.close()
                handle = open(file, "rb")  # noqa: SIM115
            elif goes_on:
                await asyncio.sleep(_FOLLOW_SECONDS)
            else:
                return
    finally:
        handle.close()


def _replaced(descriptor: int, path: Path) -> bool:
    try:
        return os.stat(path).st_ino != os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False


def tail_text(path: Path) -> str:
    """The last of what a container said, for its termination message."""
    try:
        with open(path, "rb") as file:
            file.seek(_lines_from_end(path, _TAIL_LINES))
            records = file.read().splitlines()
    except OSError:
        return ""
    text = b"\n".join(record.split(b" ", 3)[3] for record in records if record.count(b" ") >= 3)
    return text[-_TAIL_BYTES:].decode(errors="replace")
