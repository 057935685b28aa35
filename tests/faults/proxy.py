"""Stands between one part and the API server, and loses, delays, doubles and refuses what passes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from enum import Enum
from pathlib import Path

import aiohttp
from aiohttp import web

from drakkar.client.kubeconfig import Access, load

# What the API server's own client waits at most, and some more.
_LIMIT = aiohttp.ClientTimeout(total=400, sock_connect=10)


class Fate(Enum):
    """What becomes of one request."""

    PASS = "pass"
    SLOW = "slow"
    BEFORE = "lost before it arrives"
    AFTER = "done, and its answer lost"
    RESET = "done, and the connection reset in the middle of the answer"
    LATE = "given up by the sender, and done later"
    REFUSED = "answered 503 by the proxy"


FAULTS = tuple(fate for fate in Fate if fate is not Fate.PASS)


class Proxy:
    """Listens without TLS on loopback and asks the API server with the part's own credentials.

    `trouble` is the share of the requests that come to harm; `cut` ends every watch there is.
    """

    def __init__(self, kubeconfig: Path, dice: random.Random) -> None:
        self._access: Access = load(kubeconfig, None)
        self._dice = dice
        self.trouble = 0.0
        self.choose: Callable[[web.Request], Fate] = self._by_chance
        self.late_seconds = (0.2, 8.0)
        self.counted = dict.fromkeys(Fate, 0)
        self.late_answers: list[int] = []
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None
        self._watches: set[asyncio.Task[object]] = set()
        self._late: set[asyncio.Task[None]] = set()
        self.url = ""

    async def start(self) -> Proxy:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=self._access.ssl_context or True),
            timeout=_LIMIT,
            auto_decompress=False,
        )
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    def kubeconfig(self, path: Path) -> Path:
        """Write the access of a part that goes through here."""
        path.write_text(
            "apiVersion: v1\nkind: Config\ncurrent-context: through\n"
            f"clusters: [{{name: through, cluster: {{server: '{self.url}'}}}}]\n"
            "contexts: [{name: through, context: {cluster: through, user: nobody}}]\n"
            "users: [{name: nobody, user: {}}]\n"
        )
        return path

    async def stop(self) -> None:
        for task in (*self._watches, *self._late):
            task.cancel()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    def cut(self) -> None:
        """Break every watch that is open."""
        for task in self._watches:
            task.cancel()

    async def calm(self) -> None:
        """No more trouble, and nothing on its way any more."""
        self.trouble = 0.0
        if self._late:
            await asyncio.wait(self._late)

    def _by_chance(self, request: web.Request) -> Fate:
        if self._dice.random() >= self.trouble:
            return Fate.PASS
        return self._dice.choice(FAULTS)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        watching = request.query.get("watch") in ("true", "1")
        fate = self.choose(request)
        self.counted[fate] += 1
        if fate is Fate.REFUSED:
            return web.Response(status=503, text="the proxy is full")
        if fate is Fate.BEFORE:
            return self._hang_up(request)
        if fate is Fate.SLOW:
            await asyncio.sleep(self._dice.uniform(0.05, 1.5))
        body = await request.read()
        if fate is Fate.LATE and not watching:
            late = asyncio.create_task(self._do_late(request, body))
            self._late.add(late)
            late.add_done_callback(self._late.discard)
            return self._hang_up(request)
        try:
            return await self._pass(request, body, fate, watching)
        except (aiohttp.ClientError, OSError, TimeoutError):
            # The server is away; so is the proxy, then.
            return self._hang_up(request)

    def _hang_up(self, request: web.Request) -> web.Response:
        if request.transport is not None:
            request.transport.abort()
        # Nobody gets it.
        return web.Response()

    async def _do_late(self, request: web.Request, body: bytes) -> None:
        await asyncio.sleep(self._dice.uniform(*self.late_seconds))
        try:
            async with self._ask(request, body) as answer:
                await answer.read()
                self.late_answers.append(answer.status)
        except (aiohttp.ClientError, OSError, TimeoutError):
            # The server was away just then.
            return

    def _ask(self, request: web.Request, body: bytes) -> aiohttp.client._RequestContextManager:
        assert self._session is not None
        dropped = ("host", "content-length", "transfer-encoding", "connection")
        headers = {name: value for name, value in request.headers.items() if name.lower() not in dropped}
        if self._access.token:
            headers["Authorization"] = f"Bearer {self._access.token}"
        return self._session.request(
            request.method,
            self._access.server + request.raw_path,
            data=body or None,
            headers=headers,
            allow_redirects=False,
        )

    async def _pass(
        self, request: web.Request, body: bytes, fate: Fate, watching: bool
    ) -> web.StreamResponse:
        async with self._ask(request, body) as answer:
            if fate is Fate.AFTER:
                if not watching:
                    await answer.read()
                return self._hang_up(request)
            dropped = ("content-length", "transfer-encoding", "connection")
            headers = {name: value for name, value in answer.headers.items() if name.lower() not in dropped}
            if not watching:
                whole = await answer.read()
                if fate is Fate.RESET:
                    response = web.StreamResponse(status=answer.status, headers=headers)
                    response.content_length = len(whole) + 1
                    await response.prepare(request)
                    await response.write(whole[: len(whole) // 2])
                    return self._hang_up(request)
                return web.Response(status=answer.status, headers=headers, body=whole)
            response = web.StreamResponse(status=answer.status, headers=headers)
            await response.prepare(request)
            following = asyncio.ensure_future(self._follow(answer, response))
            self._watches.add(following)
            following.add_done_callback(self._watches.discard)
            try:
                await asyncio.wait({following})
            finally:
                following.cancel()
            if following.cancelled() or following.exception() is not None:
                return self._hang_up(request)
            return response

    @staticmethod
    async def _follow(answer: aiohttp.ClientResponse, response: web.StreamResponse) -> None:
        async for chunk in answer.content.iter_any():
            await response.write(chunk)
