"""The serving side of a SPDY/3.1 connection over any carrier of bytes: streams that clients open, read and written."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from drakkar.kubelet.server.streams.spdy import frames as spdy

_REFUSED, _CANCEL = 3, 5
_MAX_STREAMS = 256
# A stream whose reader is slower than its sender holds up the connection when this much waits: the peers we serve
# keep no windows, so there is no other way to slow them down.
_MAX_WAITING = 256 * 1024
_CHUNK = 32 * 1024

Send = Callable[[bytes], Awaitable[None]]


class SpdyStream:
    """One stream, opened by the client."""

    def __init__(self, connection: SpdyConnection, stream_id: int, headers: Mapping[str, str]) -> None:
        self._connection = connection
        self.stream_id = stream_id
        self.headers = headers
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._changed = asyncio.Event()
        self._ended = self._dropped = False
        self.sent_end = False
        # The client did not end this stream, it went.
        self.lost = False

    async def read(self) -> bytes:
        """The next bytes; b"" when the client has sent its last or is gone."""
        while not self._waiting:
            if self._ended:
                return b""
            self._changed.clear()
            await self._changed.wait()
        data = self._waiting.popleft()
        self._size -= len(data)
        self._changed.set()
        return data

    def drop_input(self) -> None:
        """Nobody reads any more: what still comes is thrown away."""
        self._dropped = True
        self._waiting.clear()
        self._size = 0
        self._changed.set()

    async def write(self, data: bytes) -> None:
        """Send bytes; ConnectionResetError when nobody takes them any more."""
        for start in range(0, len(data), _CHUNK):
            if self.sent_end:
                raise ConnectionResetError("stream is closed")
            await self._connection.send(spdy.Data(self.stream_id, data[start : start + _CHUNK]))

    async def end(self) -> None:
        """Tell the client that no more comes."""
        if not self.sent_end:
            self.sent_end = True
            await self._connection.send(spdy.Data(self.stream_id, b"", True))
            self._connection.forget_if_over(self)

    async def reset(self) -> None:
        """End both directions at once."""
        self.stop()
        await self._connection.send(spdy.RstStream(self.stream_id, _CANCEL))

    async def take(self, data: bytes, fin: bool) -> None:
        """For the connection: bytes have come."""
        while self._size >= _MAX_WAITING and not self._dropped and not self._ended:
            self._changed.clear()
            await self._changed.wait()
        if data and not self._dropped and not self._ended:
            self._waiting.append(data)
            self._size += len(data)
        self._ended = self._ended or fin
        self._changed.set()
        self._connection.forget_if_over(self)

    def stop(self) -> None:
        """For the connection: nothing comes and nothing can be sent any more."""
        self.lost = self.lost or not self._ended
        self._ended = self.sent_end = True
        self._changed.set()
        self._connection.forget_if_over(self)

    @property
    def over(self) -> bool:
        return self._ended and self.sent_end


class SpdyConnection:
    """`accept` is called for every stream that the client opens, and must not block."""

    def __init__(self, send: Send, accept: Callable[[SpdyStream], None]) -> None:
        self._send, self._accept = send, accept
        self._framer = spdy.Framer()
        self._streams: dict[int, SpdyStream] = {}
        # Header blocks must leave in the order they were compressed in.
        self._sending = asyncio.Lock()
        self._last = 0

    async def run(self, received: AsyncIterator[bytes]) -> None:
        """Serve until the client goes; SpdyError when it speaks something else."""
        try:
            async for data in received:
                for frame in self._framer.feed(data):
                    if isinstance(frame, spdy.GoAway):
                        return
                    await self._handle(frame)
        finally:
            for stream in list(self._streams.values()):
                stream.stop()

    async def send(self, frame: spdy.Frame) -> None:
        """Send one frame."""
        async with self._sending:
            await self._send(self._framer.encode(frame))

    def forget_if_over(self, stream: SpdyStream) -> None:
        """Free a stream that both sides have ended."""
        if stream.over:
            self._streams.pop(stream.stream_id, None)

    async def _handle(self, frame: spdy.Frame) -> None:
        if isinstance(frame, spdy.Ping):
            # Odd numbers are the client's; an even one would be the answer to a ping that we never send.
            if frame.number % 2:
                await self.send(frame)
        elif isinstance(frame, spdy.SynStream):
            await self._open(frame)
        elif isinstance(frame, spdy.Data | spdy.Headers):
            stream = self._streams.get(frame.stream_id)
            if stream is not None:
                await stream.take(frame.data if isinstance(frame, spdy.Data) else b"", frame.fin)
        elif isinstance(frame, spdy.RstStream):
            stream = self._streams.get(frame.stream_id)
            if stream is not None:
                stream.stop()

    async def _open(self, frame: spdy.SynStream) -> None:
        if frame.stream_id <= self._last or frame.stream_id % 2 == 0:
            raise spdy.SpdyError(f"stream id {frame.stream_id} is out of order")
        self._last = frame.stream_id
        if len(self._streams) >= _MAX_STREAMS:
            await self.send(spdy.RstStream(frame.stream_id, _REFUSED))
            return
        stream = SpdyStream(self, frame.stream_id, frame.headers)
        self._streams[frame.stream_id] = stream
        await self.send(spdy.SynReply(frame.stream_id, {}))
        if frame.fin:
            await stream.take(b"", True)
        self._accept(stream)
