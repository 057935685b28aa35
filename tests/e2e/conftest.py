"""A whole cluster for a test, up before it and gone after it, in a directory of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drakkar.cluster.lab.own_cluster import OwnCluster


@pytest.fixture
def make_cluster(tmp_path: Path) -> Iterator[Callable[..., OwnCluster]]:
    made: list[OwnCluster] = []

    def make(name: str = "state") -> OwnCluster:
        cluster = OwnCluster(tmp_path / name, tmp_path / f"{name}-home")
        cluster.home.mkdir()
        made.append(cluster)
        return cluster

    yield make
    for cluster in made:
        cluster.drakkar("down")
