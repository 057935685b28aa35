"""The fence on the real API server, with the rights that its own scheduler has there and no others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import late_write

from drakkar.client import Client
from drakkar.cluster import kubeconfig, readiness
from drakkar.cluster.certificates import Authority, Identity
from drakkar.cluster.lab.own_cluster import OwnCluster
from drakkar.cluster.running import endpoint
from drakkar.cluster.state import StateDirectory

from .real_server import real_server

pytestmark = pytest.mark.upstream


@pytest.fixture
def cluster(tmp_path: Path, apiserver_137: Path, etcd: Path) -> Iterator[OwnCluster]:
    made = OwnCluster(tmp_path / "state", tmp_path / "home")
    made.home.mkdir()
    with real_server(made, apiserver_137, etcd):
        yield made


async def test_an_allocation_that_arrives_after_it_was_given_up_gives_nothing_away(
    cluster: OwnCluster, tmp_path: Path
) -> None:
    state = StateDirectory(cluster.state)
    settings = state.open()
    assert settings is not None
    access = endpoint(state, settings)
    await readiness.server(access, 60)
    authority = Authority(state.pki)
    own = tmp_path / "scheduler.kubeconfig"
    user = authority.issue("real-scheduler", Identity("system:kube-scheduler"))
    url = f"https://127.0.0.1:{settings.port}"
    kubeconfig.merge(own, "test", url, authority.pair.certificate, user)
    async with Client.from_kubeconfig(state.kubeconfig) as admin:
        await _bootstrapped(admin)
        await late_write.tell(admin, own, tmp_path)


async def _bootstrapped(admin: Client) -> None:
    """The namespaces and roles that the server makes by itself are there."""
    from drakkar.client import NotFoundError
    from drakkar.client.resources import CLUSTERROLEBINDINGS, NAMESPACES

    until = time.monotonic() + 60
    for resource, name in ((NAMESPACES, "kube-system"), (CLUSTERROLEBINDINGS, "system:kube-scheduler")):
        while True:
            try:
                await admin.get(resource, name)
                break
            except NotFoundError:
                assert time.monotonic() < until, f"{name} is not there"
                await asyncio.sleep(0.1)
