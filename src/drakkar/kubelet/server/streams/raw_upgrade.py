"""Takes a connection over from HTTP after an Upgrade to something that is no WebSocket."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping

from aiohttp import web

_MAX_WAITING = 1024 * 1024


class _Bytes:
    """Stands where the HTTP server expects a parser, and keeps what comes."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._ended = False
        self._changed = asyncio.Event()

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self._waiting.append(bytes(data))
        self._size += len(data)
        if self._size > _MAX_WAITING:
            self._transport.pause_reading()
        self._changed.set()
        return False, b""

    def feed_eof(self) -> None:
        self._ended = True
        self._changed.set()

    async def read(self) -> bytes:
        while not self._waiting:
            if self._ended:
                return b""
            self._changed.clear()
            await self._changed.wait()
        data = self._waiting.popleft()
        before, self._size = self._size, self._size - len(data)
        if before > _MAX_WAITING >= self._size and not self._transport.is_closing():
            self._transport.resume_reading()
        return data


class RawUpgrade:
    """One upgraded connection; it ends when the request's handler returns."""

    def __init__(self, request: web.Request, protocol: str, headers: Mapping[str, str]) -> None:
        self._request = request
        self.response = web.StreamResponse(
            status=101, headers={"Upgrade": protocol, "Connection": "Upgrade", **headers}
        )
        self._bytes: _Bytes | None = None

    async def open(self) -> None:
        """Answer the request and take the connection over."""
        transport = self._request.transport
        if transport is None:
            raise ConnectionResetError("the client has gone")
        self._bytes = _Bytes(transport)
        # Made for WebSockets' parser, of which it uses the two methods that ours has.
        self._request.protocol.set_parser(self._bytes)  # type: ignore[arg-type]
        self._request.protocol.keep_alive(False)
        await self.response.prepare(self._request)

    async def send(self, data: bytes) -> None:
        """Send bytes; ConnectionResetError when the client has gone."""
        transport = self._request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client has gone")
        transport.write(data)
        # What aiohttp's own writers wait for, too; it has no public name.
        await self._request.protocol._drain_helper()

    async def received(self) -> AsyncIterator[bytes]:
        """What the client sends, until it goes."""
        assert self._bytes is not None
        while data := await self._bytes.read():
            yield data
