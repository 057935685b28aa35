"""One HTTP connection on uvicorn's protocol, with bounds on the size and the time of a request's head and body, and
with an end that the client is told of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import httptools
import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from drakkar.apiserver import errors
from drakkar.apiserver.connections.door import Door
from drakkar.apiserver.connections.limits import Limits
from drakkar.apiserver.connections.stall import Stall

# In an ASGI scope: the connection that the request came on.
CONNECTION = "drakkar.connection"
# So much of a body that nobody wants is read away to keep the connection.
_DRAINED = 256 * 1024
_LINGER = 1.0
# What waits for a client that does not read, besides what is in the kernel's buffers.
_WAITING = 64 * 1024
_REASONS = {
    400: ("BadRequest", "the request is not HTTP"),
    408: ("Timeout", "the request took too long to arrive"),
    414: ("RequestURITooLong", "the URL is too long or has too many parameters"),
    431: ("RequestHeaderFieldsTooLarge", "the head of the request is too large"),
}


def _nobody(guest: Any) -> None:
    """Nobody looks after the connection any more."""


class _End:
    """What a request's cycle writes to; it closes when the client has had a chance to read the answer.

    An answer's head waits a turn of the loop for the body, so that most answers are one record and one packet.
    """

    __slots__ = ("_begun", "_connection", "_head")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._begun = False
        self._head = b""

    def write(self, data: bytes) -> None:
        if not self._begun:
            self._begun = True
            self._head = data
            self._connection.loop.call_soon(self.flush)
        elif self._head:
            data, self._head = self._head + data, b""
            self._connection.transport.write(data)
        else:
            self._connection.transport.write(data)

    def flush(self) -> None:
        """Send what waits."""
        if self._head:
            data, self._head = self._head, b""
            self._connection.transport.write(data)

    def is_closing(self) -> bool:
        return self._connection.transport.is_closing()

    def close(self) -> None:
        self.flush()
        self._connection.finish()


class Connection(HttpToolsProtocol):
    """A protocol that knows its limits; `door`, `raw` and `on_become` are set by whoever makes it."""

    door: Door
    raw: asyncio.Transport | None = None
    on_become: Callable[[Any], None]
    _end: _End
    _begun = 0.0  # when the part of a request that is awaited began
    _heard = 0.0
    _chunk = 0
    _head: int | None = None  # bytes of a head that is not complete
    _lines = 0
    _length: int | None = 0  # of the body; None where it is not told
    _refusal = 400
    _until = 0.0  # when a connection that lingers is closed
    _given = False

    @property
    def limits(self) -> Limits:
        return self.door.limits

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self.transport.set_write_buffer_limits(high=_WAITING)
        self._begun = self.loop.time()
        self._head = 0
        self._stall = Stall()

    def data_received(self, data: bytes) -> None:
        self._heard = self.loop.time()
        self._chunk = len(data)
        if self._until:
            return
        if self._head is not None:
            self._head += len(data)
        super().data_received(data)
        if self._head is not None and self._head > self.limits.head_bytes:
            self._refuse(431)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if not self._head:
            self._begun = self._heard
            self._head = self._chunk
        self._lines = 0
        self._length = 0
        self.scope[CONNECTION] = self  # type: ignore[literal-required]

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > self.limits.url_bytes:
            self._stop(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._lines += 1
        if self._lines > self.limits.head_lines:
            self._stop(431)
        lowered = self.headers[-1][0]
        if lowered == b"content-length":
            self._length = int(value) if value.isdigit() and len(value) < 20 else None
        elif lowered == b"transfer-encoding":
            self._length = None

    def _stop(self, code: int) -> None:
        self._refusal = code
        raise httptools.HttpParserError("over a limit")

    def on_headers_complete(self) -> None:
        if self.url.count(b"&") > self.limits.parameters:
            self._stop(414)
        self._head = None
        self._begun = self._heard
        super().on_headers_complete()
        self._end = _End(self)
        self.cycle.transport = self._end  # type: ignore[assignment]

    def send_400_response(self, msg: str) -> None:
        self._refuse(self._refusal)

    def _refuse(self, code: int) -> None:
        """Answer a request that is not going to be complete, and close."""
        if self.cycle is not None and not self.cycle.response_complete:
            started = self.cycle.response_started
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if started:
                self.abort()
                return
        reason, message = _REASONS[code]
        body = msgspec.json.encode(errors.StatusError(code, reason, message).status)
        head = f"HTTP/1.1 {code} {HTTPStatus(code).phrase}\r\nContent-Type: application/json\r\n"
        head += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        self.transport.write(head.encode() + body)
        self._linger()

    def _linger(self) -> None:
        # A socket that is closed with bytes unread is reset, and the client may never see the answer.
        self._head = None
        self._until = self.loop.time() + _LINGER
        self._unset_keepalive_if_required()

    @property
    def drains(self) -> bool:
        """Whether the rest of the request's body is little enough to be read away after the answer."""
        if not self.cycle.more_body:
            return True
        return self._length is not None and self._length <= _DRAINED

    def finish(self) -> None:
        """Close after an answer that said so."""
        if self.cycle.more_body and self.cycle.response_complete:
            self._linger()
        else:
            self.transport.close()

    def introduce(self) -> None:
        """Somebody has shown a good credential here."""
        self.door.introduce(self)

    def give_away(self) -> None:
        """What follows is no HTTP; the limits of HTTP are not for it."""
        self._given = True

    def become(self, guest: Any) -> asyncio.Transport | None:
        """Leave the connection to another protocol, which is also the new guest, and be gone; the connection below.

        None when the client has gone already.
        """
        raw, self.raw = self.raw, None
        if raw is None or self.cycle.disconnected or self.transport.is_closing():
            return None
        self._end.flush()
        self.cycle.disconnected = True
        self.cycle.transport = self.transport
        self.connections.discard(self)
        self._unset_keepalive_if_required()
        self.door.replace(self, guest)
        self.on_become(guest)
        self.transport.set_protocol(guest)
        self.forget()
        self.cycle = self.flow = self.scope = None  # type: ignore[assignment]
        return raw

    def forget(self) -> None:
        """Let go of what refers back to this; it would wait for the collector."""
        self.parser = None  # type: ignore[assignment]
        self.on_become = _nobody

    def abort(self) -> None:
        """Cut it off; the cycle that is under way is told."""
        if self.raw is not None:
            self.raw.abort()

    def sweep(self, now: float, limits: Limits) -> None:
        """Look whether the time for a head, a body, an answer or a farewell is up."""
        raw: Any = self.raw
        if self._given or raw is None or self.transport is None:
            return
        if self._until:
            if now > self._until:
                self.transport.close()
                if now > self._until + self.limits.unread:
                    self.abort()
            return
        if self._stall.lasts(raw.get_write_buffer_size(), now) > self.limits.unread:
            self.abort()
        elif self._head is not None:
            if now - self._begun > self.limits.head:
                self._refuse(408) if self._head else self.abort()
        elif self.cycle is not None and self.cycle.more_body:
            self._sweep_body(now)

    def _sweep_body(self, now: float) -> None:
        if self.flow.read_paused:
            # It is the server that takes its time.
            self._heard = now
        elif now - self._heard > self.limits.body_pause or now - self._begun > self.limits.body:
            if self.cycle.response_complete:
                self._linger()
            else:
                self._refuse(408)
