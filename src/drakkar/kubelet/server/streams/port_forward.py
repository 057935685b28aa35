"""Port forwarding into a pod by the channel protocol of WebSocket clients: two channels a port, data and error."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from drakkar.kubelet.runtime.interface import Connection
from drakkar.kubelet.server.streams.channels import V4, check_upgrade, payload

_CHUNK = 32 * 1024
_MESSAGE_LIMIT = 1024 * 1024
MAX_PORTS = 128
# A connection to a port of the pod; OSError says what failed.
Connect = Callable[[int], Awaitable[Connection]]


def requested_ports(query: Sequence[str]) -> list[int]:
    """The ports of a request, each maybe a list with commas; 400 when there is none that can be one."""
    try:
        ports = [int(part) for text in query for part in text.split(",")]
    except ValueError:
        ports = []
    if not ports or len(ports) > MAX_PORTS or not all(0 < port < 65536 for port in ports):
        raise web.HTTPBadRequest(text=f"query parameter 'port' must name 1 to {MAX_PORTS} ports")
    return ports


async def serve_channels(request: web.Request, connect: Connect, ports: list[int]) -> web.WebSocketResponse:
    """Forward each port's channel 2i, and tell on 2i+1 what went wrong; both begin with the port's number."""
    check_upgrade(request, (V4,))
    socket = web.WebSocketResponse(protocols=(V4,), compress=False, max_msg_size=_MESSAGE_LIMIT)
    await socket.prepare(request)
    for index, port in enumerate(ports):
        for channel in (2 * index, 2 * index + 1):
            await socket.send_bytes(bytes([channel]) + struct.pack("<H", port))
    forwarding = _Forwarding(socket)
    try:
        for index, port in enumerate(ports):
            await forwarding.begin(index, port, connect)
        await forwarding.end_if_idle()
        async for message in socket:
            await forwarding.take(payload(message))
    finally:
        await forwarding.aclose()
    return socket


class _Forwarding:
    """The connections behind one socket, by their ports' places among those asked for."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._writers: dict[int, asyncio.StreamWriter] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def begin(self, index: int, port: int, connect: Connect) -> None:
        """Connect a port; if that fails it is told on its channel."""
        try:
            reader, self._writers[index] = await connect(port)
        except OSError as error:
            await self._tell(index, f"error forwarding port {port} to pod: {error}")
            return
        self._tasks.append(asyncio.create_task(self._forward(index, reader)))

    async def _tell(self, index: int, text: str) -> None:
        await self._socket.send_bytes(bytes([2 * index + 1]) + text.encode())

    async def _forward(self, index: int, reader: asyncio.StreamReader) -> None:
        try:
            while data := await reader.read(_CHUNK):
                await self._socket.send_bytes(bytes([2 * index]) + data)
        except ConnectionResetError:
            pass
        except OSError as error:
            await self._tell(index, str(error))
        await self.end_if_idle()

    async def end_if_idle(self) -> None:
        """Close the socket where nothing more will come from any port."""
        if all(task.done() or task is asyncio.current_task() for task in self._tasks):
            await self._socket.close(code=1000)

    async def take(self, content: bytes) -> None:
        """What the client says, the channel first."""
        if not content:
            return
        index, is_error = divmod(content[0], 2)
        writer = None if is_error else self._writers.get(index)
        if writer is not None:
            writer.write(content[1:])
            try:
                await writer.drain()
            except ConnectionError:
                del self._writers[index]

    async def aclose(self) -> None:
        """End all connections."""
        for task in self._tasks:
            task.cancel()
        for writer in self._writers.values():
            writer.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
