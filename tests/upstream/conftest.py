"""The Go originals as fixtures: each is the path of a program, built at its first use."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drakkar.cluster.lab.own_cluster import OwnCluster

from . import originals
from .originals import Original


def _program(original: Original) -> Any:
    @pytest.fixture(scope="session")
    def path() -> Path:
        try:
            return originals.built(original)
        except originals.Unavailable as why:
            pytest.skip(str(why))

    return path


# As pipes: a question a line, an answer a line.
allocator_137 = _program(originals.ALLOCATOR)
cel_137 = _program(originals.CEL)
cron_137 = _program(originals.CRON)
quantity_137 = _program(originals.QUANTITY)
# The parts of a cluster.
apiserver_137 = _program(originals.API_SERVER)
controller_manager_137 = _program(originals.CONTROLLER_MANAGER)
scheduler_137 = _program(originals.SCHEDULER)
etcd = _program(originals.ETCD)
# dra-example-driver's kubelet plugin.
example_driver = _program(originals.EXAMPLE_DRIVER)
kubectl_137 = _program(originals.KUBECTL)
helm = _program(originals.HELM)


@pytest.fixture
def cluster() -> Iterator[OwnCluster]:
    """A cluster that is not up yet; down and gone after the test."""
    # Drivers give the full paths of their sockets to the kernel, which takes short ones only.
    directory = Path(tempfile.mkdtemp(prefix="dk"))
    made = OwnCluster(directory / "s", directory)
    yield made
    made.drakkar("down")
    shutil.rmtree(directory)
