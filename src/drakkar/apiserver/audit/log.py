"""Writes audit events behind the server's back, so that a slow disk holds up no request that is under way, and no event is lost
but what a disk does not take, which is said."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from drakkar.apiserver.audit.event import Event

_LOGGER = logging.getLogger(__name__)
# Of events that wait to be written; from there on requests wait before they begin.
_MOST_BYTES: Final = 64 * 1024 * 1024
# Of lines that are written at once.
_PIECE: Final = 1024 * 1024
# How often the server's log tells of events that could not be written.
_TOLD_EVERY: Final = 10.0
# How long the server waits for the last events when it ends.
_LAST: Final = 10.0


class Output(Protocol):
    """Where lines go."""

    def write(self, lines: Sequence[bytes]) -> None:
        """Write all of them; OSError where that cannot be done, and then none of them is there."""

    def close(self) -> None:
        """Write no more."""


class AuditLog:
    """Events on their way to an output, each made a line by `form`. One thread writes; `most` bytes of events may wait for it."""

    def __init__(self, output: Output, form: Callable[[Event], bytes], most: int = _MOST_BYTES) -> None:
        self._output = output
        self._form = form
        self._most = most
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._bytes = 0
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._thread: threading.Thread | None = None
        self._untold = 0
        self._told_at = -_TOLD_EVERY
        self.taken = 0
        """Events that were handed to be written, those that were lost among them."""
        self.lost = 0
        """Events that could not be written."""
        self.levels: Counter[str] = Counter()
        """Requests by the level at which they are told."""

    def put(self, event: Event) -> None:
        """Have an event written; it is not waited for."""
        with self._lock:
            self._bytes += event.size
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="audit", daemon=True)
                self._thread.start()
        self._events.put(event)

    async def room(self) -> None:
        """Return when there is room for the events of one more request: who floods the log waits for the disk."""
        while self._bytes > self._most:
            loop = asyncio.get_running_loop()
            freed = loop.create_future()
            with self._lock:
                if self._bytes <= self._most:
                    return
                self._waiting.append((loop, freed))
            await freed

    def close(self) -> None:
        """Write what waits, and no more after it; events that are not written in some seconds are lost, which is said."""
        if self._thread is None:
            self._output.close()
            return
        self._events.put(None)
        self._thread.join(_LAST)
        if self._thread.is_alive():
            _LOGGER.error("the audit log takes no more events; about %d bytes of them are lost", self._bytes)

    def _work(self) -> None:
        while True:
            events: list[Event] = []
            lines: list[bytes] = []
            size, event = 0, self._events.get()
            while event is not None:
                line = self._line(event)
                events.append(event)
                lines.append(line)
                size += len(line)
                if size >= _PIECE or self._events.empty():
                    break
                event = self._events.get()
            if lines:
                self._write([line for line in lines if line])
                self._gone(sum(one.size for one in events))
            if event is None:
                self._output.close()
                return

    def _line(self, event: Event) -> bytes:
        self.taken += 1
        try:
            return self._form(event)
        except Exception as failure:
            self._lose(1, failure)
            return b""

    def _write(self, lines: list[bytes]) -> None:
        try:
            self._output.write(lines)
        except OSError as failure:
            if len(lines) == 1:
                self._lose(1, failure)
                return
            # Some of them may have room.
            for line in lines:
                self._write([line])
        else:
            if self._untold:
                self._say("the audit log is written again")

    def _lose(self, count: int, failure: Exception) -> None:
        self.lost += count
        self._untold += count
        if time.monotonic() - self._told_at >= _TOLD_EVERY:
            self._say(f"the audit log cannot be written: {failure}")

    def _say(self, what: str) -> None:
        _LOGGER.error("%s; %d events are lost since this was last said", what, self._untold)
        self._untold, self._told_at = 0, time.monotonic()

    def _gone(self, size: int) -> None:
        with self._lock:
            self._bytes -= size
            freed = self._waiting if self._bytes <= self._most else []
            if freed:
                self._waiting = []
        for loop, future in freed:
            try:
                loop.call_soon_threadsafe(_free, future)
            except RuntimeError:
                # Its loop has ended; nobody waits there any more.
                continue


def _free(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
