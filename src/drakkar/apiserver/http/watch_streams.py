"""Watches on their connections. A connection that only waits for events needs no request, no task and no HTTP parser
any more, so that all of these are let go, and one turn of the loop serves many of them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from drakkar.apiserver.connections.connection import CONNECTION, Connection
from drakkar.apiserver.connections.limits import Limits
from drakkar.apiserver.connections.stall import Stall
from drakkar.apiserver.errors import StatusError
from drakkar.apiserver.http import answers
from drakkar.apiserver.http.audited import exchange_of
from drakkar.apiserver.http.watch_lines import Lines, Shared
from drakkar.apiserver.storage.selection import everything
from drakkar.apiserver.storage.store import Store
from drakkar.apiserver.storage.watching import Told, Watch, told

_LOGGER = logging.getLogger(__name__)
_TURN = 0.01
_TICK = 1.0
_WAITING = 64 * 1024
# So much is written at once.
_PIECE = 64 * 1024
_LAST = b"0\r\n\r\n"
# Of so many groups of watches the last text is at hand.
_GROUPS = 64


class _Turn(NamedTuple):
    """What watches of one group that had looked at all before a revision were told next, and how far they have looked then."""

    before: int
    after: int
    text: bytes


class WatchStreams:
    """All watches of a server that have a connection to themselves."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.shared = Shared()
        self._streams: dict[str, dict[_Stream, None]] = {}
        self._queue: deque[_Stream] = deque()
        self._running = False
        self._ticking: asyncio.TimerHandle | None = None
        self._making: set[asyncio.Task[None]] = set()
        self._turns: dict[tuple[object, ...], _Turn] = {}

    def __len__(self) -> int:
        return sum(map(len, self._streams.values()))

    def add(self, stream: _Stream) -> None:
        """Serve a stream from now on."""
        resource = stream.watch.kind.resource
        if resource not in self._streams:
            self._streams[resource] = {}
            self._store.follow(resource, lambda: self._woken(resource))
        self._streams[resource][stream] = None
        self.enqueue(stream)
        if self._ticking is None:
            self._ticking = asyncio.get_running_loop().call_later(_TICK, self._tick)

    def drop(self, stream: _Stream) -> None:
        """Serve it no more."""
        self._streams[stream.watch.kind.resource].pop(stream, None)

    def _woken(self, resource: str) -> None:
        for stream in self._streams[resource]:
            self.enqueue(stream)

    def enqueue(self, stream: _Stream) -> None:
        """Have it look for something to tell in one of the next turns."""
        if stream.queued or stream.paused:
            return
        stream.queued = True
        self._queue.append(stream)
        if not self._running:
            self._running = True
            asyncio.get_running_loop().call_soon(self._run)

    def told_to_others(self, group: tuple[object, ...], at: int) -> _Turn | None:
        """What others of a group were told who had looked as far."""
        turn = self._turns.get(group)
        return turn if turn is not None and turn.before == at else None

    def tell_others(self, group: tuple[object, ...], turn: _Turn) -> None:
        """Have it at hand for others of the group, which come to it next."""
        if group not in self._turns and len(self._turns) >= _GROUPS:
            self._turns.clear()
        self._turns[group] = turn

    def make(self, stream: _Stream, told: Told) -> None:
        """Have a line made beside the loop; the stream says nothing until it is there."""
        task = asyncio.get_running_loop().create_task(self._make(stream, told))
        self._making.add(task)
        task.add_done_callback(self._making.discard)

    async def _make(self, stream: _Stream, told: Told) -> None:
        try:
            stream.bring(await stream.lines.made_beside(told))
        except StatusError as failure:
            stream.end(failure)
        except Exception:
            _LOGGER.exception("a watch of %s has failed", stream.watch.kind.resource)
            stream.abort()
            return
        self.enqueue(stream)

    def _run(self) -> None:
        until = time.perf_counter() + _TURN
        while self._queue:
            stream = self._queue.popleft()
            stream.queued = False
            try:
                more = stream.say()
            except Exception:
                # One odd object ends a watch that would tell of it, and no other.
                _LOGGER.exception("a watch of %s has failed", stream.watch.kind.resource)
                stream.abort()
                continue
            if more:
                self.enqueue(stream)
            if time.perf_counter() > until:
                asyncio.get_running_loop().call_soon(self._run)
                return
        self._running = False

    def _tick(self) -> None:
        now = time.monotonic()
        for streams in self._streams.values():
            for stream in streams:
                if stream.watch.due <= now:
                    self.enqueue(stream)
        self._ticking = None
        if len(self):
            self._ticking = asyncio.get_running_loop().call_later(_TICK, self._tick)


class _Stream(asyncio.Protocol):
    """One watch on the connection that was given to it."""

    __slots__ = (
        "_at",
        "_ended",
        "_group",
        "_line",
        "_making",
        "_raw",
        "_stall",
        "_streams",
        "_text",
        "_told",
        "_transport",
        "lines",
        "paused",
        "queued",
        "watch",
    )

    def __init__(
        self,
        streams: WatchStreams,
        watch: Watch,
        lines: Lines,
        transport: asyncio.Transport,
        ended: Callable[[], None] | None = None,
    ) -> None:
        self._streams = streams
        self._ended = ended
        self._transport = transport
        self._raw: Any = None
        self._stall = Stall()
        # What is to be told and is not written yet: events, the last one first, the line of the next one where it is made,
        # and a text that is written as far as `_at`.
        self._told: list[Told] = []
        self._line = self._text = b""
        self._at = 0
        self._making = False
        self.watch = watch
        self.lines = lines
        self.queued = self.paused = False
        # Watches without a selector on the same collection tell the same.
        self._group: tuple[object, ...] | None = None
        if watch.match is everything and lines.group is not None:
            self._group = (watch.kind.resource, watch.namespace, *lines.group)

    def take(self, raw: asyncio.Transport) -> None:
        """Begin; `raw` is the connection below TLS."""
        self._raw = raw
        self._transport.set_write_buffer_limits(high=_WAITING)
        self._streams.add(self)

    def say(self) -> bool:
        """Tell what there is; whether there may be more."""
        if self._making or self._transport.is_closing():
            return False
        if not self._text:
            self._text = self._next_text()
        text, at = self._text, self._at
        if text:
            data = text if len(text) <= 2 * _PIECE else text[at : at + _PIECE]
            self._at += len(data)
            if self._at == len(text):
                self._text, self._at = b"", 0
            self._transport.write(b"%x\r\n%b\r\n" % (len(data), data))
        if self.watch.ended and not (self._making or self._text or self._line or self._told):
            self._transport.write(_LAST)
            self._transport.close()
        return bool(self._text or self._line or self._told) or self.watch.behind or self.watch.has_news

    def _next_text(self) -> bytes:
        """The next lines: no more than a piece of them, or a long one by itself, which others may be told too."""
        at = None
        if not self._told and not self._line:
            at = self.watch.at
            if self._group is not None and at is not None:
                turn = self._streams.told_to_others(self._group, at)
                if turn is not None:
                    self.watch.skip(turn.after)
                    return turn.text
            self._told = self.watch.next()[::-1]
            if not self._told or self._told[0].event is None:
                at = None
        lines: list[bytes] = []
        size = 0
        while size < _PIECE and (self._line or self._told):
            if not self._line and self.lines.is_heavy(self._told[-1]):
                if not lines:
                    self._making = True
                    self._streams.make(self, self._told.pop())
                break
            line = self._line or self.lines.line(self._told.pop())
            self._line = b""
            if lines and len(line) > _PIECE:
                self._line = line
                break
            lines.append(line)
            size += len(line)
        text = lines[0] if len(lines) == 1 else b"".join(lines)
        if self._group is not None and at is not None and len(text) <= _PIECE:
            after = self.watch.at
            if text and after is not None and not (self._told or self._line or self._making):
                self._streams.tell_others(self._group, _Turn(at, after, text))
        return text

    def bring(self, line: bytes) -> None:
        """The line that was made beside the loop, which is the next one."""
        self._making, self._line = False, line

    def end(self, failure: StatusError) -> None:
        """Tell nothing more but why."""
        self._told.clear()
        self.bring(self.lines.line(self.watch.failed(failure)))

    def data_received(self, data: bytes) -> None:
        # The connection ends with the answer. The answer does not say so: there are clients that let go of a connection
        # that will be closed, and can then no longer stop the watch on it.
        return

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False
        self._streams.enqueue(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.paused = True
        self._streams.drop(self)
        ended, self._ended = self._ended, None
        if ended is not None:
            ended()

    def abort(self) -> None:
        """Cut it off."""
        self._raw.abort()

    def forget(self) -> None:
        """Nothing refers back to it."""

    def sweep(self, now: float, limits: Limits) -> None:
        """A client that takes nothing of what waits for it is not waited for."""
        if self._stall.lasts(self._raw.get_write_buffer_size(), now) > limits.unread:
            self.abort()


class WatchResponse(Response):
    """The answer to a watch: one event a line, as they come."""

    def __init__(
        self, streams: WatchStreams, watch: Watch, lines: Lines, warnings: Iterable[str] = ()
    ) -> None:
        super().__init__(headers=answers.HEADERS, media_type="application/json")
        answers.warn(self, warnings)
        # How long it will be is not known.
        del self.headers["content-length"]
        self._streams = streams
        self._watch = watch
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        if scope["method"] == "HEAD":
            # Of custom objects even this may be asked.
            await send({"type": "http.response.body", "body": b""})
            return
        connection: Connection | None = scope.get(CONNECTION)
        if connection is not None:
            exchange = exchange_of(scope)
            ended = None if exchange is None else exchange.hold()
            stream = _Stream(self._streams, self._watch, self._lines, connection.transport, ended)
            raw = connection.become(stream)
            if raw is not None:
                stream.take(raw)
            elif ended is not None:
                ended()
            return
        async for one in told(self._watch):
            body = await self._line(one)
            await send({"type": "http.response.body", "body": body, "more_body": True})
            if self._watch.ended:
                break
        await send({"type": "http.response.body", "body": b""})

    async def _line(self, one: Told) -> bytes:
        if not self._lines.is_heavy(one):
            return self._lines.line(one)
        try:
            return await self._lines.made_beside(one)
        except StatusError as failure:
            return self._lines.line(self._watch.failed(failure))
