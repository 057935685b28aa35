"""The node's HTTPS server with real certificates and a real pod behind it."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from kubelet.fake_api import FakeNode, KubeletApi, pod

from drakkar.client.resources import PODS
from drakkar.cluster.certificates import Authority, Identity
from drakkar.kubelet.config import KubeletConfig
from drakkar.kubelet.pods.pods import Pods
from drakkar.kubelet.server.server import KubeletServer


class Served:
    """A server, and sessions of clients with one certificate or another."""

    def __init__(self, port: int, authority: Authority) -> None:
        self.url = f"https://127.0.0.1:{port}"
        self._authority = authority
        self._sessions: list[aiohttp.ClientSession] = []

    def session(self, name: str | None = "server", *groups: str) -> aiohttp.ClientSession:
        context = ssl.create_default_context(cafile=str(self._authority.pair.certificate))
        if name:
            pair = self._authority.issue(name, Identity(name, groups))
            context.load_cert_chain(pair.certificate, pair.key)
        made = aiohttp.ClientSession(self.url, connector=aiohttp.TCPConnector(ssl=context))
        self._sessions.append(made)
        return made

    @property
    def master(self) -> aiohttp.ClientSession:
        return self.session("master", "system:masters")

    async def aclose(self) -> None:
        for session in self._sessions:
            await session.close()


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    authority = Authority(tmp_path / "pki")
    pair = authority.issue("serving", Identity("node", hosts=("127.0.0.1",)))
    node = await FakeNode.started(tmp_path / "node", KubeletApi())
    ca = authority.pair.certificate
    config = KubeletConfig("node", tmp_path / "node", ca, pair.certificate, pair.key)
    pods = Pods(node.context)
    server = KubeletServer(config, pods, node.runtime)
    task = asyncio.create_task(pods.run())
    script = "echo hello; echo oops >&2; while read line; do echo got $line; done"
    wanted = pod(script=script)
    wanted["spec"]["containers"][0]["stdin"] = True
    node.client.put(PODS, wanted)
    made = Served(await server.start(), authority)
    await node.client.pod("p", lambda p: p["status"]["phase"] == "Running")
    yield made
    await made.aclose()
    await server.aclose()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await node.aclose()


async def test_only_the_api_server_may_ask(served: Served) -> None:
    with pytest.raises(aiohttp.ClientError):
        async with served.session(None).get("/healthz"):
            pass
    async with served.session("node", "system:nodes").get("/containerLogs/ns/p/c") as answer:
        assert answer.status == 403
    async with served.session("node", "system:nodes").get("/healthz") as answer:
        assert await answer.text() == "ok"


async def test_logs(served: Served) -> None:
    master = served.master
    text = ""
    async with asyncio.timeout(5):
        while "hello" not in text or "oops" not in text:
            async with master.get("/containerLogs/ns/p/c") as answer:
                assert answer.status == 200
                text = await answer.text()
    for path, status in (
        ("/containerLogs/ns/none/c", 404),
        ("/containerLogs/ns/p/none", 404),
        ("/containerLogs/ns/p/c?previous=true", 400),
        ("/containerLogs/ns/p/c?tailLines=x", 422),
        ("/exec/ns/p/c?command=true&output=1", 400),
    ):
        async with master.get(path) as answer:
            assert answer.status == status, await answer.text()


async def frames(socket: aiohttp.ClientWebSocketResponse) -> dict[int, bytes]:
    """All that comes until the server closes, by channel."""
    found: dict[int, bytes] = {}
    async with asyncio.timeout(10):
        async for message in socket:
            assert message.type is aiohttp.WSMsgType.BINARY
            found[message.data[0]] = found.get(message.data[0], b"") + message.data[1:]
    return found


@pytest.mark.parametrize("protocol", ["v5.channel.k8s.io", "v4.channel.k8s.io"])
async def test_exec(served: Served, protocol: str) -> None:
    query = "command=sh&command=-c&command=echo+out;echo+err>%262;exit+3&output=1&error=1"
    async with served.master.ws_connect(f"/exec/ns/p/c?{query}", protocols=[protocol]) as socket:
        assert socket.protocol == protocol
        found = await frames(socket)
        assert socket.close_code == 1000
    assert (found[1], found[2]) == (b"out\n", b"err\n")
    status = json.loads(found[3])
    assert status["details"]["causes"] == [{"reason": "ExitCode", "message": "3"}]


async def test_exec_input_to_its_end(served: Served) -> None:
    path = "/exec/ns/p/c?command=cat&input=1&output=1"
    async with served.master.ws_connect(path, protocols=["v5.channel.k8s.io"]) as socket:
        await socket.send_bytes(b"\x00some ")
        await socket.send_bytes(b"\x00bytes")
        await socket.send_bytes(b"\xff\x00")
        found = await frames(socket)
    assert found[1] == b"some bytes" and json.loads(found[3])["status"] == "Success"


async def test_unknown_protocol_is_refused(served: Served) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        async with served.master.ws_connect("/exec/ns/p/c?command=cat&output=1", protocols=["v9"]):
            pass
    assert caught.value.status == 403


async def test_attach(served: Served) -> None:
    path = "/attach/ns/p/c?input=1&output=1"
    async with served.master.ws_connect(path, protocols=["v5.channel.k8s.io"]) as socket:
        await socket.send_bytes(b"\x00words\n")
        async with asyncio.timeout(5):
            text = b""
            while b"got words\n" not in text:
                text += (await socket.receive()).data[1:]


async def test_port_forward(served: Served) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    listener = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    try:
        path = f"/portForward/ns/p?port={port}"
        async with served.master.ws_connect(path, protocols=["v4.channel.k8s.io"]) as socket:
            await socket.send_bytes(b"\x00hi\n")
            found = await frames(socket)
    finally:
        listener.close()
    number = port.to_bytes(2, "little")
    assert found == {0: number + b"hi\n", 1: number}
