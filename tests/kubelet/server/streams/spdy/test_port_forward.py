"""Port forwarding over SPDY: a client of ours against the real server side, on a WebSocket and on a raw connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from kubelet.server.streams.spdy.spdy_client import Client, upgraded

from drakkar.kubelet.runtime.process.connection import connect
from drakkar.kubelet.server.streams.spdy.frames import Data, GoAway, Ping, RstStream, SynReply, SynStream
from drakkar.kubelet.server.streams.spdy.port_forward import TUNNEL, serve_raw, serve_tunnel

HOST = "127.0.0.1"


@asynccontextmanager
async def tunnelled() -> AsyncIterator[Client]:
    app = web.Application()

    async def handle(request: web.Request) -> web.StreamResponse:
        return await serve_tunnel(request, partial(connect, HOST))

    app.router.add_get("/", handle)
    async with (
        TestServer(app) as server,
        aiohttp.ClientSession() as session,
        session.ws_connect(server.make_url("/"), protocols=(TUNNEL,)) as socket,
    ):
        assert socket.protocol == TUNNEL
        yield Client(socket.send_bytes, socket.receive_bytes)


@asynccontextmanager
async def raw() -> AsyncIterator[Client]:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await serve_raw(request, partial(connect, HOST))

    async with upgraded(handle, "/", "portforward.k8s.io") as client:
        yield client


@asynccontextmanager
async def upper() -> AsyncIterator[int]:
    """A service that answers in capitals once its client has said all."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read()).upper())
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def closed_port() -> int:
    server = await asyncio.start_server(lambda r, w: None, HOST, 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


async def test_two_connections_over_a_websocket() -> None:
    async with upper() as port, tunnelled() as client:
        await client.open("0", port)
        await client.open("1", port, 5)
        await client.send(
            Data(3, b"first"), Data(7, b"second" * 20_000), Data(7, b"", True), Data(3, b"", True)
        )
        await client.until(*(Data(stream, b"", True) for stream in (1, 3, 5, 7)))
        assert client.data(3) == b"FIRST" and client.data(7) == b"SECOND" * 20_000
        assert client.data(1) == client.data(5) == b""
        assert [f.stream_id for f in client.frames if isinstance(f, SynReply)] == [1, 3, 5, 7]


async def test_raw_connection() -> None:
    async with upper() as port, raw() as client:
        await client.open("0", port)
        await client.send(Ping(1), Data(3, b"abc", True))
        await client.until(Ping(1), Data(1, b"", True), Data(3, b"", True))
        assert client.data(3) == b"ABC"
        await client.send(GoAway(0, 0))


async def test_nobody_listens() -> None:
    port = await closed_port()
    async with tunnelled() as client:
        await client.open("0", port)
        await client.until(Data(1, b"", True), Data(3, b"", True))
        assert f"failed to connect to port {port}" in client.data(1).decode()


async def test_bad_port_and_unknown_stream() -> None:
    async with tunnelled() as client:
        await client.open("0", "ssh")
        await client.send(SynStream(5, {"streamtype": "video"}))
        await client.until(Data(1, b"", True), RstStream(5, 5))
        assert b"invalid port 'ssh'" in client.data(1)


async def test_client_that_goes_ends_its_connections() -> None:
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        await reader.read()
        writer.close()
        over.set()

    server = await asyncio.start_server(serve, HOST, 0)
    async with server:
        async with raw() as client:
            await client.open("0", server.sockets[0].getsockname()[1])
            await client.until(Data(3, b"hello"))
        await asyncio.wait_for(over.wait(), 5)


async def test_slow_reader_holds_up_the_sender_and_loses_nothing() -> None:
    go = asyncio.Event()
    got = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await go.wait()
        while data := await reader.read(65536):
            got.extend(data)
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0, limit=1024)
    async with server, raw() as client:
        await client.open("0", server.sockets[0].getsockname()[1])
        sending = asyncio.create_task(
            client.send(*(Data(3, bytes([i % 256]) * 65536, i == 255) for i in range(256)))
        )
        await client.until(SynReply(3, {}))
        go.set()
        await asyncio.wait_for(sending, 10)
        await client.until(Data(3, b"", True))
    assert bytes(got) == b"".join(bytes([i % 256]) * 65536 for i in range(256))
