"""A server as a process listens, by TLS on a port of its own, with the authority of those who are to know it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

from drakkar.apiserver.connections.limits import LIMITS, Limits
from drakkar.apiserver.http.server import ServerConfig, run
from drakkar.client import Client
from drakkar.cluster.certificates import Authority, Identity, KeyPair
from drakkar.cluster.readiness import Endpoint, server
from drakkar.cluster.running import free_port


class Listening:
    """`admin` is a master's certificate."""

    def __init__(self, path: Path, limits: Limits = LIMITS) -> None:
        self.authority = Authority(path / "pki")
        self.admin = self.authority.issue("admin", Identity("admin", ("system:masters",)))
        serving = self.authority.issue("server", Identity("server", hosts=("127.0.0.1",)))
        accounts = self.authority.issue("accounts", Identity("accounts"))
        self.config = ServerConfig(
            path / "data",
            free_port(),
            self.authority.pair.certificate,
            serving.certificate,
            serving.key,
            accounts.key,
            limits=limits,
        )

    def context(self, pair: KeyPair | None = None) -> ssl.SSLContext:
        """How a client knows the server, and with a pair the server the client."""
        context = ssl.create_default_context(cafile=str(self.authority.pair.certificate))
        if pair is not None:
            context.load_cert_chain(pair.certificate, pair.key)
        return context

    def client(self, pair: KeyPair | None = None, token: str | None = None) -> Client:
        return Client(f"https://127.0.0.1:{self.config.port}", self.context(pair), token)

    @contextlib.asynccontextmanager
    async def up(self, seconds: float = 10) -> AsyncIterator[None]:
        """The server runs and is ready; a second time, on what it left. It has so long to come up, and to end."""
        stop = asyncio.Event()
        running = asyncio.create_task(run(self.config, stop))
        await server(Endpoint(self.config.port, self.authority.pair.certificate, self.admin), seconds)
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait_for(running, seconds)
