"""A kubelet belongs to its node's owner: what it answers is neither followed nor waited for nor kept without a bound."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from starlette.requests import Request

from drakkar.apiserver.errors import StatusError
from drakkar.apiserver.resources import kubelets, proxy
from drakkar.apiserver.resources.kubelets import Kubelets
from drakkar.apiserver.storage.store import Store
from drakkar.cluster.certificates import Authority, Identity

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Lab:
    def __init__(self, store: Store, authority: Authority, port: int) -> None:
        self.store = store
        self.kubelets = Kubelets(authority=authority.pair.certificate)
        self.port = port

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
