"""Port forwarding as kubectl does it: SPDY streams, a pair for each connection, tunnelled in a WebSocket or on a raw upgrade."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine

from aiohttp import WSMsgType, web

from drakkar.kubelet.server.streams.port_forward import Connect
from drakkar.kubelet.server.streams.raw_upgrade import RawUpgrade
from drakkar.kubelet.server.streams.spdy.connection import Send, SpdyConnection, SpdyStream
from drakkar.kubelet.server.streams.spdy.frames import SpdyError

_log = logging.getLogger(__name__)
TUNNEL = "SPDY/3.1+portforward.k8s.io"
PROTOCOL = "portforward.k8s.io"
# The error stream and the data stream of a connection come one after the other; half a pair this old is dropped.
_PAIR_SECONDS = 30.0
_CHUNK = 32 * 1024
_MESSAGE_LIMIT = 1024 * 1024


async def relay(client: SpdyStream, connect: Connect, port: int) -> str:
    """Connect to the pod and carry bytes both ways until the pod has no more; "" or what went wrong."""
    try:
        reader, writer = await connect(port)
    except OSError as error:
        return f"failed to connect to port {port} of the pod: {error}"
    upward = asyncio.create_task(_up(client, writer))
    try:
        while data := await reader.read(_CHUNK):
            await client.write(data)
        return ""
    except OSError as error:
        return f"an error occurred forwarding port {port}: {error}"
    finally:
        # The pod has closed: what the client still sends has nowhere to go.
        upward.cancel()
        await asyncio.gather(upward, return_exceptions=True)
        writer.close()


async def _up(client: SpdyStream, writer: asyncio.StreamWriter) -> None:
    while data := await client.read():
        writer.write(data)
        await writer.drain()
    if client.lost:
        # Nobody is left to read what the pod would answer.
        writer.close()
    else:
        writer.write_eof()


class Forwarder:
    """Serves one SPDY connection for one pod. Streams with the same `requestid` belong together."""

    def __init__(self, send: Send, connect: Connect) -> None:
        self._connect = connect
        self._connection = SpdyConnection(send, self._accept)
        self._pairs: dict[str, dict[str, SpdyStream]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, received: AsyncIterator[bytes]) -> None:
        """Forward until the client goes."""
        try:
            await self._connection.run(received)
        except SpdyError as error:
            _log.info("port-forward: %s", error)
        except OSError:
            # The client is gone without a word.
            pass
        finally:
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, stream: SpdyStream) -> None:
        kind = stream.headers.get("streamtype", "")
        # Old clients send no id, but their data stream directly follows the error stream.
        number = stream.stream_id if kind == "error" else stream.stream_id - 2
        request = stream.headers.get("requestid") or f"#{number}"
        pair = self._pairs.setdefault(request, {})
        if kind not in ("data", "error") or kind in pair:
            if not pair:
                del self._pairs[request]
            self._start(stream.reset())
            return
        pair[kind] = stream
        if len(pair) == 2:
            del self._pairs[request]
            self._start(self._forward(pair["data"], pair["error"]))
        else:
            asyncio.get_running_loop().call_later(_PAIR_SECONDS, self._expire, request, pair)

    def _expire(self, request: str, pair: dict[str, SpdyStream]) -> None:
        if self._pairs.get(request) is pair:
            del self._pairs[request]
            for stream in pair.values():
                self._start(stream.reset())

    def _start(self, work: Coroutine[None, None, None]) -> None:
        async def guarded() -> None:
            try:
                await work
            except OSError:
                # The client is gone, which `run` notices too.
                pass

        task = asyncio.get_running_loop().create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _forward(self, data: SpdyStream, error: SpdyStream) -> None:
        error.drop_input()
        text = data.headers.get("port", "")
        if text.isdecimal() and 0 < int(text) < 65536:
            message = await relay(data, self._connect, int(text))
        else:
            message = f"invalid port {text!r}"
        if message:
            await error.write(message.encode())
        data.drop_input()
        await data.end()
        await error.end()


async def serve_tunnel(request: web.Request, connect: Connect) -> web.WebSocketResponse:
    """SPDY in a WebSocket's binary messages, whose borders mean nothing."""
    socket = web.WebSocketResponse(protocols=(TUNNEL,), compress=False, max_msg_size=_MESSAGE_LIMIT)
    await socket.prepare(request)

    async def received() -> AsyncIterator[bytes]:
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                yield message.data

    await Forwarder(socket.send_bytes, connect).run(received())
    await socket.close(code=1000)
    return socket


async def serve_raw(request: web.Request, connect: Connect) -> web.StreamResponse:
    """SPDY on the connection itself, as older clients and API servers ask for it."""
    upgrade = RawUpgrade(request, "SPDY/3.1", {"X-Stream-Protocol-Version": PROTOCOL})
    await upgrade.open()
    await Forwarder(upgrade.send, connect).run(upgrade.received())
    return upgrade.response
