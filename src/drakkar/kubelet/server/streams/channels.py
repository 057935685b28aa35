"""The channel protocol of exec and attach over WebSocket: every message begins with the number of its channel."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

from aiohttp import WSMessage, WSMsgType, web

from drakkar.kubelet.runtime.interface import ExecSession

V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"
STDIN, STDOUT, STDERR, STATUS, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255
_CHUNK = 32 * 1024
# After a command's end, something it started may hold its output open; this long it is still read.
_DRAIN_SECONDS = 1.0
# A client may take its time to read what is left, but not for ever.
_STALLED_SECONDS = 60.0
_MESSAGE_LIMIT = 1024 * 1024


def success() -> dict[str, Any]:
    """The status of a command that exited with 0."""
    return {"metadata": {}, "status": "Success"}


def exit_status(code: int) -> dict[str, Any]:
    """The status by which clients learn a command's exit code."""
    if code == 0:
        return success()
    message = f"command terminated with non-zero exit code: command terminated with exit code {code}"
    causes = [{"reason": "ExitCode", "message": str(code)}]
    return {
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": "NonZeroExitCode",
        "details": {"causes": causes},
    }


def failure(message: str) -> dict[str, Any]:
    """The status of what could not be done at all."""
    return {
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": "InternalError",
        "details": {"causes": [{"message": message}]},
        "code": 500,
    }


class Wire(Protocol):
    """What exec and attach need of a connection, whatever carries it."""

    async def send(self, channel: int, data: bytes) -> None: ...

    async def finish(self, status: dict[str, Any]) -> None: ...

    async def receive(
        self,
        write: Callable[[bytes], Awaitable[None]],
        end_input: Callable[[], None],
        resize: Callable[[int, int], None],
    ) -> None: ...


class Channels:
    """The server's side of one connection."""

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self._socket = web.WebSocketResponse(
            protocols=(V5, V4), compress=False, max_msg_size=_MESSAGE_LIMIT, autoping=True
        )

    @property
    def response(self) -> web.WebSocketResponse:
        return self._socket

    async def open(self) -> None:
        """Answer the handshake; HTTP errors for a request that is none, or asks for another protocol."""
        check_upgrade(self._request, (V5, V4))
        await self._socket.prepare(self._request)
        # Clients wait for the first message to know that the streams are there.
        await self.send(STDOUT, b"")

    async def send(self, channel: int, data: bytes) -> None:
        """Send a piece of a channel's data."""
        await self._socket.send_bytes(bytes([channel]) + data)

    async def finish(self, status: dict[str, Any]) -> None:
        """Send the last word and close."""
        await self.send(STATUS, json.dumps(status).encode())
        await self._socket.close(code=1000)

    async def receive(
        self,
        write: Callable[[bytes], Awaitable[None]],
        end_input: Callable[[], None],
        resize: Callable[[int, int], None],
    ) -> None:
        """Hand on what the client sends until it closes."""
        async for message in self._socket:
            content = payload(message)
            if not content:
                continue
            channel, data = content[0], content[1:]
            if channel == STDIN:
                if data:
                    await write(data)
            elif channel == RESIZE:
                with contextlib.suppress(ValueError, RecursionError):
                    tell_size(json.loads(data), resize)
            elif channel == CLOSE and data[:1] == bytes([STDIN]) and self._socket.ws_protocol == V5:
                end_input()


def tell_size(size: Any, resize: Callable[[int, int], None]) -> None:
    """Resize a terminal to what a client sent for a size; whatever is none is passed over."""
    try:
        width, height = int(size["Width"]), int(size["Height"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return
    resize(width, height)


def payload(message: WSMessage) -> bytes:
    """A message's bytes. Clients may mark what they send as text; whatever is no data is empty."""
    if message.type is WSMsgType.TEXT:
        return str(message.data).encode()
    return bytes(message.data) if message.type is WSMsgType.BINARY else b""


def check_upgrade(request: web.Request, protocols: tuple[str, ...]) -> None:
    """400 for a request that is no WebSocket handshake, 403 for one without a protocol we speak."""
    if request.headers.get("Upgrade", "").lower() != "websocket":
        raise web.HTTPBadRequest(text="Upgrade request required")
    offered = [word.strip() for word in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
    if not set(offered) & set(protocols):
        raise web.HTTPForbidden(text=f"unable to upgrade: none of the protocols {offered} is known")


class _Copy:
    """Sends one output of a command to its end; one that nobody wants is read all the same."""

    def __init__(
        self, channels: Wire, channel: int, reader: asyncio.StreamReader | None, wanted: bool
    ) -> None:
        self._channels, self._channel = channels, channel
        self._reader, self._wanted = reader, wanted
        self.sending = False
        self.pieces = 0

    async def run(self) -> None:
        if self._reader is None:
            return
        while data := await self._reader.read(_CHUNK):
            self.pieces += 1
            if self._wanted:
                self.sending = True
                await self._channels.send(self._channel, data)
                self.sending = False


async def _drain(copies: list[_Copy], tasks: list[asyncio.Task[None]], reading: asyncio.Task[None]) -> None:
    """Let the copies come to their end, unless the client goes or nothing moves any more."""
    loop = asyncio.get_running_loop()
    moved_at, moved = loop.time(), -1
    while late := [task for task in tasks if not task.done()]:
        pieces = sum(copy.pieces for copy in copies)
        if pieces != moved:
            moved_at, moved = loop.time(), pieces
        limit = _STALLED_SECONDS if any(copy.sending for copy in copies) else _DRAIN_SECONDS
        left = min(moved_at + limit - loop.time(), _DRAIN_SECONDS)
        if left <= 0 or reading.done():
            return
        await asyncio.wait({*late, reading}, timeout=left, return_when=asyncio.FIRST_COMPLETED)


async def serve_exec(channels: Wire, session: ExecSession, stdout: bool, stderr: bool) -> None:
    """Connect a command with the client until one of them ends."""
    reading = asyncio.create_task(channels.receive(session.write, session.end_input, session.resize))
    copies = [
        _Copy(channels, STDOUT, session.stdout, stdout),
        _Copy(channels, STDERR, session.stderr, stderr),
    ]
    copying = [asyncio.create_task(copy.run()) for copy in copies]
    waiting = asyncio.ensure_future(session.wait())
    either: set[asyncio.Future[Any]] = {reading, waiting}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            # The client has gone; its command goes with it.
            return
        await _drain(copies, copying, reading)
        for task in copying:
            task.cancel()
        await channels.finish(exit_status(waiting.result()))
    except ConnectionResetError:
        return
    finally:
        session.close()
        for future in (*either, *copying):
            future.cancel()
        await asyncio.gather(reading, waiting, *copying, return_exceptions=True)


async def serve_attach(
    channels: Wire,
    streams: list[tuple[int, AsyncIterator[bytes]]],
    write: Callable[[bytes], Awaitable[None]],
) -> None:
    """Send a container's output as it comes, and feed its input, until one of both ends."""

    async def copy(channel: int, pieces: AsyncIterator[bytes]) -> None:
        async for piece in pieces:
            await channels.send(channel, piece)

    reading = asyncio.create_task(channels.receive(write, lambda: None, lambda width, height: None))
    copying = [asyncio.create_task(copy(channel, pieces)) for channel, pieces in streams]
    everything = asyncio.gather(*copying)
    either: set[asyncio.Future[Any]] = {reading, everything}
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if everything.done():
            await channels.finish(success())
    except ConnectionResetError:
        return
    finally:
        reading.cancel()
        everything.cancel()
        await asyncio.gather(reading, everything, return_exceptions=True)
