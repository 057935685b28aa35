"""Logs and streams through the server, from a client's TLS connection to a kubelet's."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from drakkar.apiserver.http.server import ServerConfig, run
from drakkar.apiserver.resources.kubelets import Kubelets
from drakkar.client import Client
from drakkar.client.resources import NODES, PODS, SERVICEACCOUNTS
from drakkar.cluster.certificates import Authority, Identity
from drakkar.cluster.readiness import Endpoint, server
from drakkar.cluster.running import free_port

PROTOCOL = "v5.channel.k8s.io"


async def log(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    await answer.write(f"{request.path_qs}\n".encode())
    return answer


async def stream(request: web.Request) -> web.StreamResponse:
    if "deny" in request.query.getall("command", []):
        return web.Response(status=403, text="not this one")
    socket = web.WebSocketResponse(protocols=[PROTOCOL])
    await socket.prepare(request)
    await socket.send_str(request.path_qs)
    async for message in socket:
        await socket.send_bytes(b"\x01" + message.data)
        if message.data == b"bye":
            await socket.close()
    return socket


class Lab:
    """A server, a kubelet beside it, and a pod that is bound to the kubelet's node."""

    def __init__(self, path: Path) -> None:
        self.authority = Authority(path / "pki")
        self.admin = self.authority.issue("admin", Identity("admin", ("system:masters",)))
        self.shown = self.authority.issue("client", Identity("kube-apiserver", ("system:masters",)))
        self.serving = self.authority.issue("server", Identity("server", hosts=("127.0.0.1",)))
        accounts = self.authority.issue("accounts", Identity("accounts"))
        self.config = ServerConfig(
            path / "data",
            free_port(),
            self.authority.pair.certificate,
            self.serving.certificate,
            self.serving.key,
            accounts.key,
            kubelet_client_certificate=self.shown.certificate,
            kubelet_client_key=self.shown.key,
            kubelet_certificate_authority=self.authority.pair.certificate,
        )
        self.tls = ssl.create_default_context(cafile=str(self.authority.pair.certificate))
        self.tls.load_cert_chain(self.admin.certificate, self.admin.key)
        self.url = f"https://127.0.0.1:{self.config.port}"

    @contextlib.asynccontextmanager
    async def kubelet(self) -> AsyncIterator[int]:
        app = web.Application()
        app.router.add_get("/containerLogs/default/p/c", log)
        app.router.add_get("/exec/default/p/c", stream)
        app.router.add_get("/portForward/default/p", stream)
        runner = web.AppRunner(app)
        await runner.setup()
        context = ssl.create_default_context(
            ssl.Purpose.CLIENT_AUTH, cafile=str(self.authority.pair.certificate)
        )
        context.load_cert_chain(self.serving.certificate, self.serving.key)
        context.verify_mode = ssl.CERT_REQUIRED
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        try:
            yield runner.addresses[0][1]
        finally:
            await runner.cleanup()

    @contextlib.asynccontextmanager
    async def up(self) -> AsyncIterator[None]:
        stop = asyncio.Event()
        running = asyncio.create_task(run(self.config, stop))
        await server(Endpoint(self.config.port, self.authority.pair.certificate, self.admin), 10)
        try:
            async with self.kubelet() as port, Client(self.url, self.tls) as client:
                status = {
                    "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
                    "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
                }
                await client.create(NODES, {"metadata": {"name": "n"}})
                await client.patch(NODES, "n", {"status": status}, subresource="status")
                await client.create(SERVICEACCOUNTS, {"metadata": {"name": "default"}}, "default")
                spec = {"containers": [{"name": "c", "image": "i"}], "nodeName": "n"}
                await client.create(PODS, {"metadata": {"name": "p"}, "spec": spec}, "default")
                yield
        finally:
            stop.set()
            await asyncio.wait_for(running, 10)


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    made = Lab(tmp_path)
    async with made.up():
        yield made


async def test_logs_and_streams_pass_through(lab: Lab) -> None:
    pod = f"{lab.url}/api/v1/namespaces/default/pods/p"
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        async with session.get(f"{pod}/log?tailLines=3&follow=true", ssl=lab.tls) as answer:
            assert answer.status == 200 and answer.content_type == "text/plain"
            assert await answer.text() == "/containerLogs/default/p/c?follow=true&tailLines=3\n"
        async with session.get(f"{pod}/log?container=zz", ssl=lab.tls) as answer:
            assert answer.status == 400
            assert (await answer.json())["message"] == "container zz is not valid for pod p"
        async with session.get(f"{pod}/exec?command=ls", ssl=lab.tls) as answer:
            assert (await answer.json())["message"] == "Upgrade request required"
        query = "command=ls&command=-l&stdin=true&stdout=true&tty=false"
        async with session.ws_connect(f"{pod}/exec?{query}", ssl=lab.tls, protocols=[PROTOCOL]) as socket:
            assert socket.protocol == PROTOCOL
            assert await socket.receive_str() == "/exec/default/p/c?command=ls&command=-l&input=1&output=1"
            await socket.send_bytes(b"x" * 300_000)
            assert await socket.receive_bytes() == b"\x01" + b"x" * 300_000
            await socket.send_bytes(b"bye")
            assert await socket.receive_bytes() == b"\x01bye"
            assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        async with session.ws_connect(f"{pod}/portforward?ports=80", ssl=lab.tls) as socket:
            assert await socket.receive_str() == "/portForward/default/p?port=80"
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{pod}/exec?command=deny", ssl=lab.tls)
        assert refused.value.status == 403


async def test_what_kubelets_are_shown_is_good_for_nothing_at_the_server(lab: Lab) -> None:
    tls = ssl.create_default_context(cafile=str(lab.authority.pair.certificate))
    tls.load_cert_chain(lab.shown.certificate, lab.shown.key)
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{lab.url}/api/v1/secrets", ssl=tls) as answer,
    ):
        assert answer.status == 401


async def test_nodes_without_an_address_are_told() -> None:
    with pytest.raises(Exception, match="no preferred addresses found"):
        Kubelets.address({"status": {}})
