"""exec over SPDY: a client of ours against the server side, with a real command behind it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from kubelet.server.streams.spdy.spdy_client import Client, upgraded
from kubelet.server.streams.test_channels import ODD_SIZES

from drakkar.kubelet.runtime.process.exec_session import open_session
from drakkar.kubelet.server.streams.channels import serve_exec
from drakkar.kubelet.server.streams.spdy.command import SpdyChannels, expected
from drakkar.kubelet.server.streams.spdy.frames import Data, RstStream, SynStream

END = b""


@asynccontextmanager
async def running(script: str, query: str, over: asyncio.Event | None = None) -> AsyncIterator[Client]:
    async def handle(request: web.Request) -> web.StreamResponse:
        channels = SpdyChannels(request)
        await channels.open()
        tty = "tty" in request.query
        session = await open_session(["/bin/sh", "-c", script], "input" in request.query, tty)
        try:
            await serve_exec(channels, session, "output" in request.query, "error" in request.query)
        finally:
            if over is not None:
                over.set()
        return channels.response

    async with upgraded(handle, f"/?{query}", "v4.channel.k8s.io") as client:
        yield client


def test_expected_streams() -> None:
    assert expected({"output": "1", "error": "true"}) == {3, 1, 2}
    assert expected({"input": "1", "output": "1", "error": "1", "tty": "1"}) == {3, 0, 1, 4}


async def test_streams_and_exit_code() -> None:
    async with running("cat; echo bad >&2; exit 3", "input=1&output=1&error=1") as client:
        for number, kind in enumerate(("error", "stdin", "stdout", "stderr")):
            await client.send(SynStream(1 + 2 * number, {"streamtype": kind}))
        await client.send(Data(3, b"in"), Data(3, b"put"), Data(3, b"", True))
        await client.until(*(Data(stream, END, True) for stream in (1, 5, 7)))
        assert (client.data(5), client.data(7)) == (b"input", b"bad\n")
        status = json.loads(client.data(1))
        assert status["reason"] == "NonZeroExitCode" and status["details"]["causes"][0]["message"] == "3"


async def test_terminal_gets_its_size() -> None:
    # Streams of their own have no order among each other, so the command waits for its size.
    script = 'until test "$(stty size)" = "31 101"; do sleep 0.02; done; read go; stty size'
    async with running(script, "input=1&output=1&tty=1") as client:
        for number, kind in enumerate(("error", "stdin", "stdout", "resize")):
            await client.send(SynStream(1 + 2 * number, {"streamtype": kind}))
        for odd in ODD_SIZES[1:]:
            await client.send(Data(7, odd))
        await client.send(Data(7, b'{"Width":100,"Hei'), Data(7, b'ght":30}\n{"Width":101,"Height":31}\n'))
        await client.send(Data(3, b"go\n"))
        await client.until(Data(5, END, True))
        assert b"31 101" in client.data(5)
        assert json.loads(client.data(1))["status"] == "Success"


def alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


async def test_client_that_goes_ends_its_command() -> None:
    over = asyncio.Event()
    async with running("echo $$; exec sleep 100", "output=1", over) as client:
        await client.send(SynStream(1, {"streamtype": "error"}), SynStream(3, {"streamtype": "stdout"}))
        async with asyncio.timeout(5):
            while b"\n" not in client.data(3):
                client.frames += client._framer.feed(await client._receive())
        pid = int(client.data(3))
        os.kill(pid, 0)
    await asyncio.wait_for(over.wait(), 5)
    async with asyncio.timeout(5):
        while alive(pid):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_unknown_streams_are_refused() -> None:
    async with running("true", "output=1") as client:
        await client.send(SynStream(1, {"streamtype": "video"}), SynStream(3, {"streamtype": "error"}))
        await client.send(SynStream(5, {"streamtype": "stdout"}))
        await client.until(RstStream(1, 5), Data(3, END, True))
