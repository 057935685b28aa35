"""exec and attach over WebSocket channels, with a real command behind them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from drakkar.kubelet.runtime.process.exec_session import open_session
from drakkar.kubelet.server.streams.channels import (
    _DRAIN_SECONDS,
    V4,
    V5,
    Channels,
    serve_attach,
    serve_exec,
)

Messages = dict[int, bytes]


@asynccontextmanager
async def connected(
    script: str, protocols: Sequence[str] = (V5,), tty: bool = False, read_limit: int = 2**16
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async def handle(request: web.Request) -> web.StreamResponse:
        channels = Channels(request)
        await channels.open()
        session = await open_session(["/bin/sh", "-c", script], True, tty)
        await serve_exec(channels, session, True, True)
        return channels.response

    app = web.Application()
    app.router.add_get("/", handle)
    async with (
        TestServer(app) as server,
        aiohttp.ClientSession(read_bufsize=read_limit) as session,
        session.ws_connect(server.make_url("/"), protocols=protocols, max_msg_size=0) as socket,
    ):
        yield socket


async def rest(socket: aiohttp.ClientWebSocketResponse) -> Messages:
    """Everything until the server closes, by channel."""
    found: dict[int, bytes] = {}
    async with asyncio.timeout(20):
        async for message in socket:
            found[message.data[0]] = found.get(message.data[0], b"") + message.data[1:]
    assert socket.close_code == 1000
    return found


def status(messages: Messages) -> Any:
    return json.loads(messages[3])


ODD_SIZES = (
    b"not json",
    b'{"Width":-1,"Height":-70000}',
    b'{"Width":Infinity,"Height":1}',
    b'{"Width":1}',
    b"[1]",
    b'{"Width":' + b"1" * 10_000 + b"}",
    b"[" * 10_000,
)


async def test_version_5_ends_input() -> None:
    async with connected("cat; echo bad >&2; exit 3") as socket:
        await socket.send_bytes(b"\0hello")
        await socket.send_bytes(b"\xff\0")
        messages = await rest(socket)
    assert (messages[1], messages[2]) == (b"hello", b"bad\n")
    assert status(messages)["details"]["causes"] == [{"reason": "ExitCode", "message": "3"}]


async def test_input_that_is_marked_as_text_is_input_too() -> None:
    async with connected("cat") as socket:
        await socket.send_str("\0hällo")
        await socket.send_bytes(b"\xff\0")
        assert (await rest(socket))[1] == "hällo".encode()


async def test_the_clients_first_choice_is_taken_and_success_is_told() -> None:
    async with connected("true", ("nonsense", V4)) as socket:
        assert socket.protocol == V4
        assert status(await rest(socket)) == {"metadata": {}, "status": "Success"}


async def test_terminal() -> None:
    async with connected("read go; stty size", tty=True) as socket:
        for odd in ODD_SIZES:
            await socket.send_bytes(b"\4" + odd)
        await socket.send_bytes(b'\4{"Width":101,"Height":31}')
        await socket.send_bytes(b"\0go\n")
        assert b"31 101" in (await rest(socket))[1]


async def test_much_output_comes_whole() -> None:
    async with connected("head -c 1000000 /dev/zero", read_limit=1024) as socket:
        assert len((await rest(socket))[1]) == 1_000_000


class LateReader:
    """A connection whose client takes nothing until it is let."""

    def __init__(self) -> None:
        self.stands, self.free = asyncio.Event(), asyncio.Event()
        self.sent = 0
        self.status: Any = None

    async def send(self, channel: int, data: bytes) -> None:
        self.stands.set()
        await self.free.wait()
        self.sent += len(data)

    async def finish(self, status: Any) -> None:
        self.status = status

    async def receive(self, *_: object) -> None:
        await asyncio.Event().wait()


async def test_output_that_the_client_reads_late_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, ahead = asyncio.get_running_loop(), 0.0
    now = loop.time
    monkeypatch.setattr(loop, "time", lambda: now() + ahead)
    # As much as a pipe holds, so that the command ends although nobody takes it.
    session = await open_session(["/bin/sh", "-c", "head -c 60000 /dev/zero"], True, False)
    client = LateReader()
    serving = asyncio.create_task(serve_exec(client, session, True, True))
    await asyncio.wait_for(session.wait(), 20)
    await asyncio.wait_for(client.stands.wait(), 20)
    # In all longer than a silent command would be waited for.
    for _ in range(3 * int(_DRAIN_SECONDS / 0.5)):
        ahead += 0.5
        for _ in range(10):
            await asyncio.sleep(0)
    assert not serving.done() and client.status is None
    client.free.set()
    await asyncio.wait_for(serving, 20)
    assert client.sent == 60_000 and client.status["status"] == "Success"


async def test_what_a_command_leaves_behind_does_not_hold_it_up() -> None:
    async with connected("sleep 100 & echo done") as socket:
        messages = await rest(socket)
    assert messages[1] == b"done\n" and status(messages)["status"] == "Success"


async def test_handshakes_that_are_none() -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        await Channels(request).open()
        raise AssertionError("opened")

    app = web.Application()
    app.router.add_get("/", handle)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        async with session.get(server.make_url("/")) as answer:
            assert (answer.status, await answer.text()) == (400, "Upgrade request required")
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(server.make_url("/"), protocols=("v9.channel.k8s.io",))
        assert refused.value.status == 403


async def test_attach_sends_what_comes_and_feeds_input() -> None:
    fed: asyncio.Queue[bytes] = asyncio.Queue()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"one\n"
        yield (await fed.get()).upper()

    async def handle(request: web.Request) -> web.StreamResponse:
        channels = Channels(request)
        await channels.open()
        await serve_attach(channels, [(1, pieces())], fed.put)
        return channels.response

    app = web.Application()
    app.router.add_get("/", handle)
    async with (
        TestServer(app) as server,
        aiohttp.ClientSession() as session,
        session.ws_connect(server.make_url("/"), protocols=(V4,)) as socket,
    ):
        await socket.send_bytes(b"\0two\n")
        messages = await rest(socket)
    assert messages[1] == b"one\nTWO\n" and status(messages)["status"] == "Success"
