"""The server as a process listens: TLS, client certificates, tokens, and a restart that loses nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from drakkar.client import ForbiddenError
from drakkar.client.errors import ApiError
from drakkar.client.resources import CLUSTERROLES, CONFIGMAPS, NAMESPACES
from drakkar.cluster.certificates import Identity

from ..listening import Listening


async def test_a_restart_loses_nothing_and_each_caller_gets_what_is_theirs(tmp_path: Path) -> None:
    cluster = Listening(tmp_path)
    alice = cluster.authority.issue("alice", Identity("alice"))
    async with cluster.up(), cluster.client(cluster.admin) as admin:
        names = [item["metadata"]["name"] for item in (await admin.list(NAMESPACES))["items"]]
        assert names == ["default", "kube-node-lease", "kube-public", "kube-system"]
        made = await admin.create(CONFIGMAPS, {"metadata": {"name": "c"}, "data": {"k": "v"}}, "default")
        async with cluster.client(alice) as other:
            with pytest.raises(
                ForbiddenError, match='User "alice" cannot get resource "configmaps" in API group ""'
            ):
                await other.get(CONFIGMAPS, "c", "default")
        async with cluster.client() as nobody:
            with pytest.raises(ForbiddenError, match="system:anonymous"):
                await nobody.list(CLUSTERROLES)
        async with cluster.client(token="not.a.token") as stranger:
            with pytest.raises(ApiError) as refused:
                await stranger.list(NAMESPACES)
            assert refused.value.code == 401
    async with cluster.up(), cluster.client(cluster.admin) as admin:
        again = await admin.get(CONFIGMAPS, "c", "default")
        assert again == made
    assert os.stat(cluster.config.data_dir).st_mode & 0o077 == 0
