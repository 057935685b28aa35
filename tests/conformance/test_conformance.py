"""Kubernetes' own tests, unmodified, on a cluster of ours: all of a group pass but those that are listed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from upstream import originals

from drakkar.cluster.lab.own_cluster import OwnCluster

from . import suite

pytestmark = pytest.mark.conformance
_WANTED = os.environ.get("DRAKKAR_CONFORMANCE", "")
_GROUPS = suite.groups()


@pytest.fixture
def cluster() -> Iterator[OwnCluster]:
    # Sockets of drivers have short paths.
    directory = Path(tempfile.mkdtemp(prefix="dk"))
    made = OwnCluster(directory / "s", directory)
    yield made
    made.drakkar("down")
    shutil.rmtree(directory)


@pytest.mark.parametrize("name", _WANTED.split(",") if _WANTED else list(_GROUPS))
def test_group(name: str, cluster: OwnCluster, tmp_path: Path) -> None:
    try:
        for program in (originals.E2E, originals.AGNHOST):
            originals.built(program)
    except originals.Unavailable as why:
        pytest.skip(str(why))
    group = _GROUPS[name]
    cluster.up("--nodes=2")
    suite.furnish(cluster)
    reports = suite.run(group, cluster, tmp_path)
    passed = [one for one in reports if one.state == "passed"]
    print(f"\n{name}: {len(passed)} of {len(reports)} pass")
    failed = {one.test: one.why for one in reports if one.state != "passed"}
    assert reports
    unknown = [f"{test}\n    {why}" for test, why in failed.items() if not _is_known(group, test)]
    assert not unknown, "\n".join(unknown)
    mended = [text for text in group.known if not any(text in test for test in failed)]
    assert not mended, f"these pass now, and are listed: {mended}"


def _is_known(group: suite.Group, test: str) -> bool:
    return any(text in test for text in group.known)
