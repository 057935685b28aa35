"""The server as a process listens: TLS, client certificates, tokens, and a restart that loses nothing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drakkar.apiserver.http.server import ServerConfig, run
from drakkar.client import Client, Forbidden
from drakkar.client.errors import ApiError
from drakkar.client.resources import CLUSTERROLES, CONFIGMAPS, NAMESPACES
from drakkar.cluster.certificates import Authority, Identity, KeyPair
from drakkar.cluster.readiness import Endpoint, server
from drakkar.cluster.running import free_port


class Cluster:
    def __init__(self, path: Path) -> None:
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
        )

    def client(self, pair: KeyPair | None = None, token: str | None = None) -> Client:
        context = ssl.create_default_context(cafile=str(self.authority.pair.certificate))
        if pair is not None:
            context.load_cert_chain(pair.certificate, pair.key)
        return Client(f"https://127.0.0.1:{self.config.port}", context, token)

    @contextlib.asynccontextmanager
    async def up(self) -> AsyncIterator[None]:
        stop = asyncio.Event()
        running = asyncio.create_task(run(self.config, stop))
        await server(Endpoint(self.config.port, self.authority.pair.certificate, self.admin), 10)
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait_for(running, 10)


async def test_a_restart_loses_nothing_and_each_caller_gets_what_is_theirs(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    alice = cluster.authority.issue("alice", Identity("alice"))
    async with cluster.up(), cluster.client(cluster.admin) as admin:
        names = [item["metadata"]["name"] for item in (await admin.list(NAMESPACES))["items"]]
        assert names == ["default", "kube-node-lease", "kube-public", "kube-system"]
        made = await admin.create(CONFIGMAPS, {"metadata": {"name": "c"}, "data": {"k": "v"}}, "default")
        async with cluster.client(alice) as other:
            with pytest.raises(
                Forbidden, match='User "alice" cannot get resource "configmaps" in API group ""'
            ):
                await other.get(CONFIGMAPS, "c", "default")
        async with cluster.client() as nobody:
            with pytest.raises(Forbidden, match="system:anonymous"):
                await nobody.list(CLUSTERROLES)
        async with cluster.client(token="not.a.token") as stranger:
            with pytest.raises(ApiError) as refused:
                await stranger.list(NAMESPACES)
            assert refused.value.code == 401
    async with cluster.up(), cluster.client(cluster.admin) as admin:
        again = await admin.get(CONFIGMAPS, "c", "default")
        assert again == made
    assert os.stat(cluster.config.data_dir).st_mode & 0o077 == 0
