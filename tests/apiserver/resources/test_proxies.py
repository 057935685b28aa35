"""Requests that are passed on to pods, services and nodes by their names, from a client's TLS connection to a program."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from apiserver.resources.test_proxy import Lab
from drakkar.apiserver.resources import proxied, proxy_headers
from drakkar.apiserver.resources.proxy_headers import Prefix
from drakkar.apiserver.resources.proxy_place import is_allowed
from drakkar.client import Client
from drakkar.client.resources import ENDPOINTSLICES, NODES, PODS, SERVICES

Object = dict[str, Any]
ADDRESS = "127.1.2.3"
PODS_PATH = "/api/v1/namespaces/default/pods"
SERVICES_PATH = "/api/v1/namespaces/default/services"


class Peer:
    """A program in a pod, which says what it was asked."""

    def __init__(self) -> None:
        self.left = asyncio.Event()
        self.port = 0

    async def _echo(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        told = {
            "method": request.method,
            "path": request.raw_path,
            "headers": [[name.lower(), value] for name, value in request.headers.items()],
            "body": body.decode(),
        }
        headers = {"X-Peer": "1", "Access-Control-Allow-Origin": "*", "Connection": "X-Gone", "X-Gone": "1"}
        return web.Response(text=json.dumps(told), status=203, headers=headers)

    async def _redirect(self, request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": request.query["to"]})

    async def _endless(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        try:
            while True:
                await answer.write(b"x" * 1024)
                await asyncio.sleep(0.01)
        finally:
            self.left.set()

    async def _silent(self, request: web.Request) -> web.StreamResponse:
        try:
            await asyncio.sleep(60)
        finally:
            self.left.set()
        return web.Response()

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=("a", "b"))
        await socket.prepare(request)
        await socket.send_str(json.dumps([request.raw_path, dict(request.headers)]))
        async for message in socket:
            await socket.send_str(f"heard {message.data}")
        return socket

    @contextlib.asynccontextmanager
    async def up(self) -> AsyncIterator[Peer]:
        app = web.Application()
        app.router.add_get("/redirect", self._redirect)
        app.router.add_get("/endless", self._endless)
        app.router.add_get("/silent", self._silent)
        app.router.add_get("/socket", self._socket)
        app.router.add_route("*", "/{rest:.*}", self._echo)
        runner = web.AppRunner(app, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, ADDRESS, 0).start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            await runner.cleanup()


class Scene:
    """A lab, a peer, and a client of the lab's server."""

    def __init__(self, lab: Lab, peer: Peer, session: aiohttp.ClientSession) -> None:
        self.lab, self.peer, self.session = lab, peer, session

    def ask(self, path: str, method: str = "GET", **more: Any) -> Any:
        more = {"ssl": self.lab.tls, "allow_redirects": False, **more}
        return self.session.request(method, URL(self.lab.url + path, encoded=True), **more)

    async def code(self, path: str, method: str = "GET", **more: Any) -> tuple[int, str]:
        async with self.ask(path, method, **more) as answer:
            return answer.status, (await answer.json())["message"]

    async def told(self, path: str, method: str = "GET", **more: Any) -> Object:
        async with self.ask(path, method, **more) as answer:
            assert answer.status == 203, await answer.text()
            found: Object = json.loads(await answer.text())
            return found


async def _furnish(client: Client, port: int) -> None:
    def pod(name: str, **spec: Any) -> Object:
        return {"metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "i"}], **spec}}

    ports = [{"containerPort": port}]
    containers = [{"name": "c", "image": "i"}, {"name": "d", "image": "i", "ports": ports}]
    for name, address in (("web", ADDRESS), ("host", "127.0.0.1"), ("far", "169.254.169.254"), ("new", "")):
        await client.create(PODS, pod(name, containers=containers), "default")
        if address:
            status = {"podIP": address, "podIPs": [{"ip": address}]}
            await client.patch(PODS, name, {"status": status}, "default", subresource="status")
    service = {"metadata": {"name": "web"}, "spec": {"ports": [{"name": "http", "port": 80}]}}
    await client.create(SERVICES, service, "default")
    slice_ = {
        "metadata": {
            "name": "web",
            "labels": {
                "kubernetes.io/service-name": "web",
                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            },
        },
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": port}],
        "endpoints": [
            # One that only says that it is a pod, and one that is not ready.
            {"addresses": ["127.9.9.9"], "targetRef": {"kind": "Pod", "namespace": "default", "name": "web"}},
            {
                "addresses": [ADDRESS],
                "conditions": {"ready": False},
                "targetRef": {"namespace": "default", "name": "web"},
            },
            {"addresses": [ADDRESS], "targetRef": {"kind": "Pod", "namespace": "default", "name": "web"}},
        ],
    }
    await client.create(ENDPOINTSLICES, slice_, "default")
    addresses = {"addresses": [{"type": "InternalIP", "address": "127.0.0.1"}]}
    await client.create(NODES, {"metadata": {"name": "m"}})
    await client.patch(NODES, "m", {"status": addresses}, subresource="status")


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    lab, peer = Lab(tmp_path), Peer()
    async with lab.up(), peer.up(), aiohttp.ClientSession() as session:
        async with Client(lab.url, lab.tls) as client:
            await _furnish(client, peer.port)
        yield Scene(lab, peer, session)


async def test_pods_and_services_are_reached_by_their_names(scene: Scene) -> None:
    port = scene.peer.port
    for path in (
        f"{PODS_PATH}/web/proxy/a",
        f"{PODS_PATH}/web:{port}/proxy/a",
        f"{PODS_PATH}/http:web:{port}/proxy/a",
        f"{SERVICES_PATH}/web:http/proxy/a",
        f"{SERVICES_PATH}/http:web:http/proxy/a",
        f"{SERVICES_PATH}/web:80/proxy/a",
    ):
        assert (await scene.told(path))["path"] == "/a", path
    nothing = 'no endpoints available for service "web"'
    assert await scene.code(f"{SERVICES_PATH}/web/proxy/") == (503, nothing)
    assert await scene.code(f"{SERVICES_PATH}/web:81/proxy/") == (
        503,
        'no service port 81 found for service "web"',
    )
    assert (await scene.code(f"{SERVICES_PATH}/none:80/proxy/"))[0] == 404
    assert (await scene.code(f"{PODS_PATH}/none/proxy/"))[0] == 404
    assert await scene.code(f"{PODS_PATH}/ftp:web:1/proxy/") == (400, 'invalid pod request "ftp:web:1"')
    code, message = await scene.code(f"{PODS_PATH}/web:1/proxy/")
    assert code == 503 and message.endswith(f"dial tcp {ADDRESS}:1: connect: connection refused")
    assert (await scene.code(f"{PODS_PATH}/web:99999/proxy/"))[0] == 503
    assert await scene.code(f"{PODS_PATH}/web/proxy/?dryRun=All") == (400, "dryRun is not supported")


async def test_all_methods_paths_queries_and_bodies_pass(scene: Scene) -> None:
    at = f"{PODS_PATH}/web/proxy"
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        body = {"data": b"x" * 100_000} if method in ("POST", "PUT", "PATCH") else {}
        told = await scene.told(f"{at}/a/b?c=d&c=%2F&e", method, **body)
        assert (told["method"], told["path"]) == (method, "/a/b?c=d&c=%2F&e")
        assert len(told["body"]) == (100_000 if body else 0)
    async with scene.ask(f"{at}/a", "HEAD") as answer:
        assert answer.status == 203 and int(answer.headers["Content-Length"]) > 0

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"abc"

    assert (await scene.told(f"{at}/a", "POST", data=pieces()))["body"] == "abc" * 3
    for asked, wanted in (("/", "/"), ("/a/", "/a/"), ("/a//b", "/a/b"), ("/%c3%a9%20", "/%C3%A9%20")):
        assert (await scene.told(f"{at}{asked}"))["path"] == wanted
    async with scene.ask(f"{at}?a=b") as answer:
        assert (answer.status, answer.headers["Location"]) == (301, f"{at}/?a=b")


async def test_no_credential_and_no_header_of_one_connection_is_passed_on(scene: Scene) -> None:
    sent = {
        "Impersonate-User": "admin",
        "Impersonate-Group": "system:masters",
        "X-Remote-User": "somebody",
        "Proxy-Authorization": "Basic x",
        "Connection": "X-Mine",
        "X-Mine": "1",
        "X-Other": "2",
        "X-Forwarded-For": "192.0.2.1",
        "Cookie": "a=b",
    }
    async with scene.ask(f"{PODS_PATH}/web/proxy/a", headers=sent) as answer:
        told = json.loads(await answer.text())
        assert answer.headers["X-Peer"] == "1"
        assert not {"Access-Control-Allow-Origin", "X-Gone"} & set(answer.headers)
        assert len(answer.headers.getall("Date")) == 1
    headers = dict(told["headers"])
    assert headers["x-other"] == "2" and headers["cookie"] == "a=b"
    assert headers["x-forwarded-for"] == "192.0.2.1, 127.0.0.1"
    assert headers["x-forwarded-uri"] == f"{PODS_PATH}/web/proxy/a"
    assert not {
        "impersonate-user",
        "impersonate-group",
        "x-remote-user",
        "x-mine",
        "proxy-authorization",
    } & set(headers)
    anonymous = {"ssl": _unknown(scene), "headers": {"Authorization": "Bearer nobody's"}}
    assert (await scene.code(f"{PODS_PATH}/web/proxy/a", **anonymous))[0] == 401
    upgrade = [(b"authorization", b"Bearer x"), (b"connection", b"Upgrade"), (b"upgrade", b"websocket")]
    upgrade.append((b"sec-websocket-protocol", b"base64url.bearer.authorization.k8s.io.eA, a"))
    kept = dict(proxy_headers.asked(upgrade, "c", upgrade=True))
    assert kept == {
        b"upgrade": b"websocket",
        b"connection": b"Upgrade",
        b"sec-websocket-protocol": b"a",
        b"x-forwarded-for": b"c",
    }


def _unknown(scene: Scene) -> Any:
    return ssl.create_default_context(cafile=str(scene.lab.authority.pair.certificate))


async def test_redirects_are_told_and_lead_through_the_server(scene: Scene) -> None:
    at = f"{PODS_PATH}/web/proxy"
    own = f"http://{ADDRESS}:{scene.peer.port}"
    for to, wanted in (
        ("/x/", f"{at}/x/"),
        (f"{own}/x?y", f"{at}/x?y"),
        ("x", "x"),
        ("http://other.example/x", "http://other.example/x"),
        (f"{at}/x", f"{at}/x"),
    ):
        async with scene.ask(f"{at}/redirect?to={quote(to, safe='')}") as answer:
            assert (answer.status, answer.headers["Location"]) == (302, wanted)
    assert Prefix("/p/a", "/a", "h", "q").through("http://[") == "http://["


async def test_addresses_that_no_pod_has_are_not_reached(scene: Scene) -> None:
    port = scene.peer.port
    for name in ("host", "far", "new"):
        assert await scene.code(f"{PODS_PATH}/{name}:{port}/proxy/") == (400, "address not allowed")
    for address in (
        "",
        "x",
        "0.0.0.0",
        "::",
        "::1",
        "127.0.0.1",
        "127.0.3.4",
        "::ffff:127.0.0.1",
        "fe80::1",
        "224.0.0.1",
    ):
        assert not is_allowed(address), address
    for address in ("10.0.0.1", "192.0.2.1", "2001:db8::1", "127.1.0.1"):
        assert is_allowed(address), address


async def test_of_a_node_of_this_machine_the_kubelet_alone_is_reached(scene: Scene) -> None:
    async with scene.ask("/api/v1/nodes/n/proxy/containerLogs/default/p/c?a=b") as answer:
        assert (answer.status, await answer.text()) == (200, "/containerLogs/default/p/c?a=b\n")
    assert await scene.code(f"/api/v1/nodes/n:{scene.peer.port}/proxy/") == (400, "address not allowed")
    assert await scene.code(f"/api/v1/nodes/http:n:{scene.lab.config.port}/proxy/") == (
        400,
        "address not allowed",
    )
    assert (await scene.code("/api/v1/nodes/none/proxy/"))[0] == 404


async def test_sockets_are_joined(scene: Scene) -> None:
    at = f"{scene.lab.url}{SERVICES_PATH}/web:http/proxy/socket?a=b"
    async with scene.session.ws_connect(at, ssl=scene.lab.tls, protocols=("b",)) as socket:
        path, headers = json.loads(await socket.receive_str())
        assert path == "/socket?a=b" and socket.protocol == "b"
        assert headers["X-Forwarded-For"] == "127.0.0.1"
        await socket.send_str("this")
        assert await socket.receive_str() == "heard this"
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await scene.session.ws_connect(f"{scene.lab.url}{PODS_PATH}/web/proxy/a", ssl=scene.lab.tls)
    assert refused.value.status == 500
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await scene.session.ws_connect(f"{scene.lab.url}{PODS_PATH}/web:1/proxy/a", ssl=scene.lab.tls)
    assert refused.value.status == 500


async def test_a_client_that_leaves_ends_what_it_asked_for(scene: Scene) -> None:
    async with scene.ask(f"{PODS_PATH}/web/proxy/endless") as answer:
        assert await answer.content.readexactly(10_000)
        answer.close()
    await asyncio.wait_for(scene.peer.left.wait(), 10)
    scene.peer.left.clear()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await scene.code(f"{PODS_PATH}/web/proxy/silent")
    await asyncio.wait_for(scene.peer.left.wait(), 10)


async def test_a_peer_that_does_not_answer_is_given_up(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxied, "HEAD_LIMIT", 0.2)
    code, message = await scene.code(f"{PODS_PATH}/web/proxy/silent")
    assert (code, message) == (503, "error trying to reach service: no answer in time")
