"""An API server of ours with its certificates, for originals that need one."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from drakkar.apiserver.http.server import ServerConfig, run
from drakkar.client import Client
from drakkar.cluster import kubeconfig
from drakkar.cluster.certificates import Authority, Identity
from drakkar.cluster.readiness import Endpoint, server
from drakkar.cluster.running import free_port


class ControlPlane:
    """One server with its own authority, all in one directory; `changes` are to its configuration."""

    def __init__(self, directory: Path, **changes: Any) -> None:
        self._authority = Authority(directory / "pki")
        self._admin = self._authority.issue("admin", Identity("admin", ("system:masters",)))
        serving = self._authority.issue("server", Identity("server", hosts=("127.0.0.1",)))
        accounts = self._authority.issue("accounts", Identity("accounts"))
        self._config = ServerConfig(
            directory / "data",
            free_port(),
            self._authority.pair.certificate,
            serving.certificate,
            serving.key,
            accounts.key,
            **changes,
        )
        self.address = f"https://127.0.0.1:{self._config.port}"
        # For programs that read their access from a file.
        self.kubeconfig = directory / "kubeconfig"
        kubeconfig.merge(self.kubeconfig, "test", self.address, self._authority.pair.certificate, self._admin)

    @property
    def access(self) -> tuple[Path, Path, Path]:
        """The authority's certificate, and certificate and key of one that may do everything."""
        return self._authority.pair.certificate, self._admin.certificate, self._admin.key

    def client(self) -> Client:
        """One that may do everything."""
        context = ssl.create_default_context(cafile=str(self._authority.pair.certificate))
        context.load_cert_chain(self._admin.certificate, self._admin.key)
        return Client(self.address, context)

    @contextlib.asynccontextmanager
    async def up(self) -> AsyncIterator[None]:
        """Serve for the time of the block."""
        stop = asyncio.Event()
        running = asyncio.create_task(run(self._config, stop))
        try:
            await server(Endpoint(self._config.port, self._authority.pair.certificate, self._admin), 10)
            yield
        finally:
            stop.set()
            await asyncio.wait_for(running, 10)
