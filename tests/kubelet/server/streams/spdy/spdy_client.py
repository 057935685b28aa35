"""A SPDY client over any carrier, and one on a connection upgraded from HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer

from drakkar.kubelet.server.streams.spdy.frames import Data, Frame, Framer, SynStream


class Client:
    """Speaks SPDY over any carrier."""

    def __init__(
        self, send: Callable[[bytes], Awaitable[None]], receive: Callable[[], Awaitable[bytes]]
    ) -> None:
        self._send, self._receive = send, receive
        self._framer = Framer()
        self.frames: list[Frame] = []

    async def send(self, *frames: Frame) -> None:
        for frame in frames:
            await self._send(self._framer.encode(frame))

    async def open(self, request: str, port: int | str, first: int = 1) -> None:
        base = {"port": str(port), "requestid": request}
        await self.send(
            SynStream(first, {"streamtype": "error", **base}, True),
            SynStream(first + 2, {"streamtype": "data", **base}),
        )

    async def until(self, *wanted: Frame) -> None:
        async with asyncio.timeout(5):
            while not all(frame in self.frames for frame in wanted):
                self.frames += self._framer.feed(await self._receive())

    def data(self, stream: int) -> bytes:
        return b"".join(f.data for f in self.frames if isinstance(f, Data) and f.stream_id == stream)


@asynccontextmanager
async def upgraded(
    handle: Callable[[web.Request], Awaitable[web.StreamResponse]], target: str, protocol: str
) -> AsyncIterator[Client]:
    """Serve with `handle`, POST to `target`, and speak SPDY after that."""
    app = web.Application()
    app.router.add_post("/", handle)
    async with TestServer(app) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        lines = (
            f"POST {target} HTTP/1.1",
            "Host: x",
            "Connection: Upgrade",
            "Upgrade: SPDY/3.1",
            f"X-Stream-Protocol-Version: {protocol}",
            "Content-Length: 0",
        )
        writer.write("".join(f"{line}\r\n" for line in (*lines, "")).encode())
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).decode()
        assert head.startswith("HTTP/1.1 101") and "Upgrade: SPDY/3.1" in head
        assert f"X-Stream-Protocol-Version: {protocol}" in head

        async def send(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        yield Client(send, lambda: reader.read(65536))
        writer.close()
