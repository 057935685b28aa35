"""Requests that are passed on to pods, services and nodes, through the original and through ours: the peer is asked the same,
and the client is answered the same."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from .two_servers import Asked, ask_both, both, make_on_both

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
_HOME = "/api/v1/namespaces/default"
_MERGE = "application/merge-patch+json"
_SEEN_S = 1.5
# Of one answer alone, and those of a library of the peer's side.
_OWN = {"audit-id", "date", "x-kubernetes-pf-flowschema-uid", "x-kubernetes-pf-prioritylevel-uid", "server"}


# What is asked, and why it is answered otherwise here.
LISTED = {
    f"{_HOME}/pods/web:no-such-port/proxy/a": "the original cuts the connection off",
    f"{_HOME}/pods/web/proxy/refused/code/404": "the original hands on what is of one connection alone",
    "/api/v1/nodes/looped/proxy/a": "kubelets of one machine listen on its loopback address here",
}


def own_address() -> str:
    """An address of this machine that is no loopback one, which the original refuses to speak to."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but loopback ones")
        found: str = probe.getsockname()[0]
    return found


async def _echo(request: web.Request) -> web.StreamResponse:
    body = await request.read()
    told = {
        "method": request.method,
        "path": request.raw_path,
        "headers": sorted(
            (k.lower(), v)
            for k, v in request.headers.items()
            # The library on this side says of a body that is not there that it is empty.
            if k.lower() != "host" and (k.lower(), v) != ("content-length", "0")
        ),
        "body": body.decode(),
    }
    headers = {
        "X-Peer": "1",
        "Access-Control-Allow-Origin": "*",
        "Connection": "X-Gone",
        "X-Gone": "1",
        "Cache-Control": "max-age=1",
    }
    code = int(request.path.rpartition("/code/")[2] or "203") if "/code/" in request.path else 203
    return web.Response(text=json.dumps(told), status=code, headers=headers)


async def _redirect(request: web.Request) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": request.query["to"]})


@contextlib.asynccontextmanager
async def peer(address: str) -> AsyncIterator[int]:
    """A program that says what it was asked; its port."""
    app = web.Application()
    app.router.add_route("*", "/redirect", _redirect)
    app.router.add_route("*", "/{rest:.*}", _echo)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, address, 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def _furnish(servers: tuple[Asked, Asked], address: str, port: int) -> None:
    containers = [{"name": "c", "image": "i", "ports": [{"containerPort": port}]}]
    for name, ip in (("web", address), ("loop", "127.0.0.1"), ("far", "169.254.1.1"), ("new", "")):
        pod = {"metadata": {"name": name}, "spec": {"containers": containers}}
        await make_on_both(servers, f"{_HOME}/pods", pod)
        if ip:
            status = {"status": {"podIP": ip, "podIPs": [{"ip": ip}]}}
            told = await ask_both(servers, "PATCH", f"{_HOME}/pods/{name}/status", status, _MERGE)
            assert [one.code for one in told] == [200, 200], told
    ports = [{"name": "http", "port": 80}, {"name": "other", "port": 81}]
    for name in ("web", "none"):
        await make_on_both(
            servers, f"{_HOME}/services", {"metadata": {"name": name}, "spec": {"ports": ports}}
        )
    reference = {"kind": "Pod", "namespace": "default"}
    slices = {
        "metadata": {"name": "web-1", "labels": {"kubernetes.io/service-name": "web"}},
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": port}],
        "endpoints": [
            {
                "addresses": [address],
                "conditions": {"ready": False},
                "targetRef": {**reference, "name": "web"},
            },
            {"addresses": [address], "targetRef": {**reference, "name": "new"}},
            {"addresses": [address]},
            {"addresses": [address], "targetRef": {**reference, "name": "web"}},
        ],
    }
    path = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
    await make_on_both(servers, path, slices)
    for name, where in (("near", address), ("looped", "127.0.0.1"), ("empty", "")):
        await make_on_both(servers, "/api/v1/nodes", {"metadata": {"name": name}})
        if where:
            addresses = [{"type": "InternalIP", "address": where}]
            ends = {"kubeletEndpoint": {"Port": 1}}
            status = {"status": {"addresses": addresses, "daemonEndpoints": ends}}
            told = await ask_both(servers, "PATCH", f"/api/v1/nodes/{name}/status", status, _MERGE)
            assert [one.code for one in told] == [200, 200], told
    await asyncio.sleep(_SEEN_S)


def _asked(address: str, port: int) -> list[tuple[str, str, Mapping[str, str], str]]:
    """Method, path, headers and body."""
    pods, services, nodes = f"{_HOME}/pods", f"{_HOME}/services", "/api/v1/nodes"
    found: list[tuple[str, str, Mapping[str, str], str]] = []
    at = f"{pods}/web/proxy"
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        body = "x" * 1000 if method in ("POST", "PUT", "PATCH") else ""
        found += [
            (method, f"{at}{path}", {}, body) for path in ("", "/", "/a", "/a/", "/a/b?c=d&c=%2F&e", "?a=b")
        ]
    for path in (
        "//a",
        "/a//b",
        "/a/./b",
        "/a/../b",
        "/%c3%a9%20x",
        "/a%2Fb",
        "/a(b)*!'",
        "/a;b=c",
        "/a:b@c",
    ):
        found.append(("GET", f"{at}{path}", {}, ""))
    headers = {
        "X-Other": "2",
        "X-Forwarded-For": "192.0.2.1",
        "Cookie": "a=b",
        "Connection": "X-Mine",
        "X-Mine": "1",
        "Proxy-Authorization": "Basic x",
        "Te": "trailers",
    }
    found.append(("GET", f"{at}/a", headers, ""))
    found += [("GET", f"{at}/code/{code}", {}, "") for code in (200, 204, 304, 400, 404, 500, 503)]
    own = f"http://{address}:{port}"
    for to in (
        "/x",
        "/x/",
        "x",
        f"{own}/x?y",
        f"{own}",
        "http://other.example/x",
        "//other.example/x",
        f"{at}/x",
    ):
        found.append(("GET", f"{at}/redirect?to={to}", {}, ""))
    for name in (
        f"web:{port}",
        f"http:web:{port}",
        "web:1",
        "web:99999",
        "web:no-such-port",
        "ftp:web:1",
        "a:b:c:d",
        ":80",
        "none",
        "loop",
        "far",
        "new",
        f"loop:{port}",
    ):
        found.append(("GET", f"{pods}/{name}/proxy/a", {}, ""))
    for name in (
        "web",
        "web:http",
        "web:80",
        "web:81",
        "web:82",
        "http:web:http",
        "https:web:http",
        "none:80",
        "gone:80",
        "gone",
    ):
        found.append(("GET", f"{services}/{name}/proxy/a", {}, ""))
    for name in (f"near:{port}", f"http:near:{port}", "near", "looped", f"looped:{port}", "gone", "x:y:z"):
        found.append(("GET", f"{nodes}/{name}/proxy/a", {}, ""))
    found += [
        ("GET", f"{at}/a?dryRun=All", {}, ""),
        ("GET", f"{_HOME}/configmaps/x/proxy/a", {}, ""),
        ("GET", f"{at}/socket", {"Connection": "Upgrade", "Upgrade": "websocket"}, ""),
        ("GET", f"{at}/refused/code/404", {"Connection": "Upgrade", "Upgrade": "websocket"}, ""),
        ("GET", f"{pods}/web:1/proxy/a", {"Connection": "Upgrade", "Upgrade": "websocket"}, ""),
    ]
    return found


async def _answer(asked: Asked, *question: Any) -> Object:
    try:
        return await _one(asked, *question)
    except aiohttp.ClientError as failure:
        return {"failure": type(failure).__name__}


async def _one(asked: Asked, method: str, path: str, headers: Mapping[str, str], body: str) -> Object:
    session = asked._session
    assert session is not None
    url = URL(asked._address + path, encoded=True)
    sent = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "test", **headers}
    more: Any = {"data": body} if body else {}
    async with session.request(method, url, headers=sent, allow_redirects=False, **more) as answer:
        text = await answer.text()
        told = sorted((k.lower(), v) for k, v in answer.headers.items() if k.lower() not in _OWN)
        code = answer.status
    try:
        found = json.loads(text)
    except ValueError:
        found = text
    if isinstance(found, dict) and found.get("kind") == "Status":
        return {"code": code, "status": found}
    return {"code": code, "headers": told, "body": found}


async def _run(directory: Path, apiserver: Path, etcd: Path) -> list[str]:
    address, found = own_address(), []
    async with peer(address) as port, both(directory, apiserver, etcd) as servers:
        await _furnish(servers, address, port)
        for asked in _asked(address, port):
            theirs, mine = [await _answer(server, *asked) for server in servers]
            assert theirs != mine or asked[1] not in LISTED, asked
            if theirs != mine and asked[1] not in LISTED:
                found.append(f"{asked[0]} {asked[1]} {asked[2]}\n    theirs {theirs}\n    ours   {mine}")
    return found


def test_what_is_passed_on(tmp_path: Path, apiserver_137: Path, etcd: Path) -> None:
    found = asyncio.run(_run(tmp_path, apiserver_137, etcd))
    assert not found, f"{len(found)} differences\n" + "\n".join(found)
