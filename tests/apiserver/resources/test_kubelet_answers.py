"""A kubelet belongs to its node's owner: what it answers is neither followed nor waited for nor kept without a bound."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from starlette.requests import Request

from drakkar.api.object import Object
from drakkar.apiserver.errors import StatusError
from drakkar.apiserver.resources import kubelets, proxy
from drakkar.apiserver.resources.kubelets import Kubelets
from drakkar.apiserver.storage.store import Store
from drakkar.cluster.certificates import Authority, Identity

NO_HOSTS = ["::1]:{port}/secrets?x=[", "::1%]:{port}/secrets?x=[", "127.0.0.1:{port}/secrets?x=", "[", ".."]
NO_HOSTS += ["a b", "%zz", "127.0.0.1/secrets", "x@127.0.0.1", "127.0.0.1#", "a\r\nb", "fe80::1%lo", "a" * 64]
NO_HOSTS += ["x" * 300, "é"]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Lab:
    def __init__(self, store: Store, authority: Authority, port: int) -> None:
        self.store = store
        self.kubelets = Kubelets(authority=authority.pair.certificate)
        self.port = port

    @property
    def node(self) -> Object:
        found = self.store.get(("/nodes", "", "n"))
        assert found is not None
        return found

    async def listens(self, address: str, port: int) -> None:
        endpoint = {"kubeletEndpoint": {"Port": port}}
        status = {"addresses": [{"type": "InternalIP", "address": address}], "daemonEndpoints": endpoint}
        version = self.node["metadata"]["resourceVersion"]
        await self.store.update(("/nodes", "", "n"), {**self.node, "status": status}, version)

    async def log(self, query: str = "") -> bytes:
        request = Request({"type": "http", "query_string": query.encode(), "headers": []})
        answer = await proxy.log(self.store, self.kubelets, request, "a", "p")
        return b"".join([chunk async for chunk in answer.body_iterator])  # type: ignore[attr-defined]


@contextlib.asynccontextmanager
async def lab(authority: Authority, log: Handler, steal: Handler | None = None) -> AsyncIterator[Lab]:
    import ssl

    app = web.Application()
    app.router.add_get("/containerLogs/a/p/c", log)
    app.router.add_get("/secrets", steal or log)
    serving = authority.issue("kubelet", Identity("kubelet", hosts=("127.0.0.1",)))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(serving.certificate, serving.key)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    port = runner.addresses[0][1]
    store = Store()
    endpoint = {"daemonEndpoints": {"kubeletEndpoint": {"Port": port}}}
    node = {
        "metadata": {"name": "n"},
        "status": {"addresses": [{"type": "InternalIP", "address": "127.0.0.1"}]},
    }
    node["status"] |= endpoint  # type: ignore[operator]
    await store.create(("/nodes", "", "n"), node)
    pod = {
        "metadata": {"name": "p", "namespace": "a"},
        "spec": {"nodeName": "n", "containers": [{"name": "c"}]},
    }
    await store.create(("/pods", "a", "p"), pod)
    try:
        yield Lab(store, authority, port)
    finally:
        await runner.cleanup()
        store.close()


@pytest.fixture
def authority(tmp_path: object) -> Authority:
    from pathlib import Path

    return Authority(Path(str(tmp_path)) / "pki")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_never_followed(authority: Authority, status: int) -> None:
    stolen: list[str] = []

    async def redirect(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": f"https://{request.host}/secrets"})

    async def steal(request: web.Request) -> web.StreamResponse:
        stolen.append(request.path)
        return web.Response(text="secret")

    async with lab(authority, redirect, steal) as made:
        with pytest.raises(StatusError) as refused:
            await made.log()
        assert refused.value.code == 500 and "redirects are not followed" in refused.value.status["message"]
    assert stolen == []


async def test_a_kubelet_that_does_not_answer(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubelets, "_HEAD_LIMIT", 1.0)

    async def silent(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    async def endless_error(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(status=404)
        await answer.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                await answer.write(b"x" * 100_000)
        return answer

    async with lab(authority, silent) as made:
        with pytest.raises(StatusError, match="no answer in time"):
            await asyncio.wait_for(made.log(), 10)
    async with lab(authority, endless_error) as made:
        with pytest.raises(StatusError) as refused:
            await asyncio.wait_for(made.log(), 10)
        assert refused.value.code == 404 and len(refused.value.status["message"]) == 64 * 1024


@pytest.mark.parametrize("address", NO_HOSTS)
async def test_an_address_is_a_host_and_nothing_more(authority: Authority, address: str) -> None:
    asked: list[str] = []

    async def log(request: web.Request) -> web.StreamResponse:
        asked.append(request.path_qs)
        return web.Response(text="secret")

    async with lab(authority, log) as made:
        for host in ("127.0.0.1", "localhost"):
            await made.listens(host, made.port)
            with contextlib.suppress(StatusError):
                await made.log()
        assert set(asked) == {"/containerLogs/a/p/c"}
        asked.clear()
        await made.listens(address.format(port=made.port), made.port)
        with pytest.raises(StatusError) as refused:
            await made.log()
        assert refused.value.code == 500 and "neither an IP address nor a name" in str(refused.value.status)
        with pytest.raises(StatusError):
            await made.kubelets.upgrade(made.node, "GET", "/", [])
    assert asked == []


async def test_a_port_that_there_is_not(authority: Authority) -> None:
    async def log(request: web.Request) -> web.StreamResponse:
        return web.Response()

    async with lab(authority, log) as made:
        for port in (-1, 65536, 70000, 2**31 - 1):
            await made.listens("127.0.0.1", port)
            with pytest.raises(StatusError, match="cannot listen"):
                await made.log()
        await made.listens(".".join(["a" * 60] * 4), 1)
        with pytest.raises(StatusError, match="dialing"):
            await made.log()


def test_what_kubelets_are_shown_is_known(authority: Authority) -> None:
    import hashlib
    import ssl

    pair = authority.issue("client", Identity("client"))
    encoded = ssl.PEM_cert_to_DER_cert(pair.certificate.read_text())
    pair.certificate.write_text(
        "a word before\n" + pair.certificate.read_text() + pair.certificate.read_text()
    )
    assert Kubelets(pair.certificate, pair.key).shown == hashlib.sha256(encoded).hexdigest()
    assert Kubelets().shown == ""


async def test_a_log_that_stops_in_the_middle_ends_unless_it_is_followed(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy, "SILENCE", 0.2)
    more = asyncio.Event()

    async def halting(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(b"one\n")
        await more.wait()
        await answer.write(b"two\n")
        return answer

    async with lab(authority, halting) as made:
        assert await asyncio.wait_for(made.log(), 10) == b"one\n"
        following = asyncio.create_task(made.log("follow=true"))
        done, _ = await asyncio.wait({following}, timeout=1)
        assert not done
        more.set()
        assert await asyncio.wait_for(following, 10) == b"one\ntwo\n"
