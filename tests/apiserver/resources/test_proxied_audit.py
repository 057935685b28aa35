"""What peers answer is nobody's word but theirs: neither the audit log nor the client's connection is theirs."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from apiserver.resources.test_proxies import ADDRESS, PODS_PATH, Peer, Scene, _furnish
from apiserver.resources.test_proxy import Lab
from drakkar.apiserver.audit.config import AuditConfig
from drakkar.apiserver.audit.policy_file import policy_of
from drakkar.client import Client

_POLICY = b"""
apiVersion: audit.k8s.io/v1
kind: Policy
rules: [{level: RequestResponse, resources: [{resources: [pods/proxy]}]}]
"""
_UPGRADE = "Connection: Upgrade\r\nUpgrade: x\r\n"
_FORGED = (
    b'{"kind":"Status","message":"mine"},"user":{"username":"forged"},"x":{}}\n{"auditID":"forged"}\n{"y":1'
)


class Said:
    """A program that answers these bytes, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answer = b""
        self.asked = b""
        self.port = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked = await reader.readuntil(b"\r\n\r\n")
        writer.write(self.answer)
        with contextlib.suppress(OSError):
            await writer.drain()
            if not self.answer.startswith(b"HTTP/1.1 101"):
                writer.close()

    @contextlib.asynccontextmanager
    async def up(self) -> AsyncIterator[Said]:
        server = await asyncio.start_server(self._serve, ADDRESS, 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()


@pytest.fixture
async def said(tmp_path: Path) -> AsyncIterator[tuple[Scene, Said, Path]]:
    lab, log = Lab(tmp_path), tmp_path / "audit.log"
    lab.config = dataclasses.replace(lab.config, audit=AuditConfig(policy_of(_POLICY), str(log)))
    async with lab.up(), Said().up() as peer, aiohttp.ClientSession() as session:
        async with Client(lab.url, lab.tls) as client:
            await _furnish(client, peer.port)
        yield Scene(lab, Peer(), session), peer, log


async def _asked(scene: Scene, head: str = "") -> tuple[bytes, asyncio.StreamWriter]:
    """The head of the answer to a request, on a connection that stays."""
    host, _, port = scene.lab.url.removeprefix("https://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port), ssl=scene.lab.tls)
    writer.write(f"GET {PODS_PATH}/web/proxy/a HTTP/1.1\r\nHost: h\r\n{head}\r\n".encode())
    return await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30), writer


async def _events(log: Path, count: int) -> list[Any]:
    lines: list[str] = []
    for _ in range(600):
        lines = log.read_text().splitlines()
        if len(lines) >= count:
            return [json.loads(line) for line in lines]
        await asyncio.sleep(0.05)
    raise AssertionError(lines)


@pytest.mark.parametrize("head", ["", _UPGRADE])
async def test_no_peer_writes_into_the_audit_log(said: tuple[Scene, Said, Path], head: str) -> None:
    scene, peer, log = said
    peer.answer = (
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nAudit-ID: forged\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(_FORGED), _FORGED)
    )
    answer, writer = await _asked(scene, head)
    writer.close()
    events = await _events(log, 3)
    assert [one["stage"] for one in events] == ["RequestReceived", "ResponseStarted", "ResponseComplete"]
    assert {one["user"]["username"] for one in events} == {"admin"}
    assert events[-1]["responseStatus"] == {"metadata": {}, "code": 400}
    assert not any("responseObject" in one for one in events)
    assert answer.startswith(b"HTTP/1.1 400 ") and b"forged" not in answer


async def test_a_connection_that_is_joined_is_told_while_it_lasts(said: tuple[Scene, Said, Path]) -> None:
    scene, peer, log = said
    peer.answer = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"
    answer, writer = await _asked(scene, _UPGRADE)
    assert answer.startswith(b"HTTP/1.1 101 ")
    events = await _events(log, 2)
    assert (events[1]["stage"], events[1]["responseStatus"]["code"]) == ("ResponseStarted", 101)
    writer.close()
    events = await _events(log, 3)
    assert (events[2]["stage"], events[2]["responseStatus"]["code"]) == ("ResponseComplete", 101)


@pytest.mark.parametrize(
    ("status", "head"),
    [("101 Switching Protocols", ""), ("099 Less", ""), ("999 More", ""), ("999 More", _UPGRADE)],
)
async def test_no_peer_switches_a_connection_that_nobody_wants_switched(
    said: tuple[Scene, Said, Path], status: str, head: str
) -> None:
    scene, peer, _ = said
    peer.answer = (
        f"HTTP/1.1 {status}\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n".encode()
    )
    answer, writer = await _asked(scene, head)
    assert answer.startswith((b"HTTP/1.1 500 ", b"HTTP/1.1 503 "))
    writer.close()


async def test_clients_say_nothing_in_the_name_of_the_server(said: tuple[Scene, Said, Path]) -> None:
    scene, peer, _ = said
    peer.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    _, writer = await _asked(scene, "X-Forwarded-Uri: /forged\r\n")
    writer.close()
    assert b"/forged" not in peer.asked and peer.asked.lower().count(b"x-forwarded-uri") == 1


async def test_a_refusal_in_chunks_is_told_as_a_whole(said: tuple[Scene, Said, Path]) -> None:
    scene, peer, _ = said
    chunks = b"5;x=y\r\nhello\r\n8000\r\n" + b"x" * 0x8000 + b"\r\n"
    head = b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n"
    whole = b"hello" + b"x" * 0x8000
    # One that ends, one that breaks off in a chunk, one that is none, and one that is longer than what is told.
    for rest, more in (
        (b"0\r\n\r\n", b""),
        (b"ff\r\nab", b""),
        (b"-1\r\nab", b""),
        (b"fffff\r\n" + b"y" * 0xFFFFF, b"y" * (0x8000 - 5)),
    ):
        peer.answer = head + chunks + rest
        async with scene.ask(
            f"{PODS_PATH}/web/proxy/a", headers={"Connection": "Upgrade", "Upgrade": "x"}
        ) as answer:
            assert (answer.status, await answer.read()) == (404, whole + more)


async def test_headers_pass_as_they_are_written(said: tuple[Scene, Said, Path]) -> None:
    scene, peer, _ = said
    peer.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    _, writer = await _asked(scene, "X-Name: \u00e9\u4e16\r\n")
    writer.close()
    assert "x-name: \u00e9\u4e16\r\n".encode() in peer.asked
