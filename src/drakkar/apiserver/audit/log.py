"""Writes audit events behind the server's back, so that a slow disk holds up no request that is under way, and no event is lost
but what a disk or a webhook does not take, which is said."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol

from drakkar.apiserver.audit.event import Event

_LOGGER = logging.getLogger(__name__)
# Of events that wait to be written; from there on requests wait before they begin.
_MOST_BYTES: Final = 64 * 1024 * 1024
# How often the server's log tells of events that could not be written.
_TOLD_EVERY: Final = 10.0
# How long the server waits for the last events when it ends.
_LAST: Final = 10.0


class Output(Protocol):
    """Where lines go; `name` is what numbers call it."""

    name: str

    def write(self, lines: Sequence[bytes]) -> None:
        """Write all of them; OSError where that cannot be done, and then none of them is there."""

    def hurry(self) -> None:
        """Wait for nothing any more: the server ends."""

    def close(self) -> None:
        """Write no more."""


class Pace(NamedTuple):
    """How many bytes and events are written at once at most, and for how many seconds one event waits for others. Where so many
    wait to be written that there is no room, requests wait before they begin, or, if it is `lossy`, events are lost."""

    bytes: int = 1024 * 1024
    events: int = 100_000
    seconds: float = 0.0
    waiting: int = 1_000_000
    lossy: bool = False


_STEADY: Final = Pace()


class AuditLog:
    """Events on their way to an output, each made a line by `form`. One thread writes; `most` bytes of events may wait for it."""

    def __init__(
        self,
        output: Output,
        form: Callable[[Event], bytes],
        most: int = _MOST_BYTES,
        pace: Pace = _STEADY,
    ) -> None:
        self._output = output
        self._form = form
        self._most = most
        self._pace = pace
        self.name = output.name
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

    def put(self, event: Event) -> None:
        """Have an event written; it is not waited for."""
        self.taken += 1
        if self._pace.lossy and (self._bytes > self._most or self._events.qsize() >= self._pace.waiting):
            self._lose(1, OSError("too many events wait"))
            return
        with self._lock:
            self._bytes += event.size
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="audit", daemon=True)
                self._thread.start()
        self._events.put(event)

    async def room(self) -> None:
        """Return when there is room for the events of one more request: who floods the log waits for the disk."""
        while self._bytes > self._most and not self._pace.lossy:
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
        self._output.hurry()
        self._events.put(None)
        self._thread.join(_LAST)
        if self._thread.is_alive():
            _LOGGER.error(
                "the audit %s takes no more; about %d bytes of events are lost", self.name, self._bytes
            )

    def _work(self) -> None:
        more = True
        while more:
            taken, lines = 0, []
            event = self._events.get()
            until = time.monotonic() + self._pace.seconds
            room = self._pace.bytes
            while event is not None:
                line = self._line(event)
                taken += event.size
                room -= len(line)
                lines.append(line)
                if room <= 0 or len(lines) >= self._pace.events:
                    break
                try:
                    event = self._events.get(timeout=max(until - time.monotonic(), 0))
                except queue.Empty:
                    break
            more = event is not None
            written = [line for line in lines if line]
            if written:
                self._write(written)
            self._gone(taken)
        self._output.close()

    def _line(self, event: Event) -> bytes:
        try:
            return self._form(event)
        except Exception as failure:
            self._lose(1, failure)
            return b""

    def _write(self, lines: list[bytes]) -> None:
        try:
            self._output.write(lines)
        except Exception as failure:
            # Whatever it is, the next events are to be written.
            if len(lines) == 1 or self._pace.lossy:
                self._lose(len(lines), failure)
                return
            # Some of them may have room.
            for line in lines:
                self._write([line])
        else:
            if self._untold:
                self._say(f"the audit {self.name} is written again")

    def _lose(self, count: int, failure: Exception) -> None:
        with self._lock:
            self.lost += count
            self._untold += count
        if time.monotonic() - self._told_at >= _TOLD_EVERY:
            self._say(f"the audit {self.name} cannot be written: {failure}")

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
