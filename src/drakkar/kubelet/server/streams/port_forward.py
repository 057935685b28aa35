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
    writers: dict[int, asyncio.StreamWriter] = {}
    tasks: list[asyncio.Task[None]] = []

    async def forward(index: int, reader: asyncio.StreamReader) -> None:
        try:
            while data := await reader.read(_CHUNK):
                await socket.send_bytes(bytes([2 * index]) + data)
        except ConnectionResetError:
            pass
        except OSError as error:
            await socket.send_bytes(bytes([2 * index + 1]) + str(error).encode())
        if all(task.done() or task is asyncio.current_task() for task in tasks):
            await socket.close(code=1000)

    try:
        for index, port in enumerate(ports):
            try:
                reader, writers[index] = await connect(port)
            except OSError as error:
                text = f"error forwarding port {port} to pod: {error}"
                await socket.send_bytes(bytes([2 * index + 1]) + text.encode())
                continue
            tasks.append(asyncio.create_task(forward(index, reader)))
        if not tasks:
            await socket.close(code=1000)
        async for message in socket:
            content = payload(message)
            if not content:
                continue
            channel = content[0]
            writer = writers.get(channel // 2) if channel % 2 == 0 else None
            if writer is not None:
                writer.write(content[1:])
                try:
                    await writer.drain()
                except ConnectionError:
                    del writers[channel // 2]
    finally:
        for task in tasks:
            task.cancel()
        for writer in writers.values():
            writer.close()
        await asyncio.gather(*tasks, return_exceptions=True)
    return socket
