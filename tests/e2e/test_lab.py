"""The lab from its own manifests, unmodified, through real kubectl: every row of its list of steps."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from drakkar.cluster.lab import steps
from drakkar.cluster.lab.own_cluster import OwnCluster
from drakkar.cluster.lab.stage import Stage

MANIFESTS = Path(__file__).parents[3] / "shared" / "tutorial" / "manifests"
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on PATH"),
]


@pytest.mark.skipif(not MANIFESTS.exists(), reason="the tutorial's manifests are not beside this checkout")
def test_the_lab(make_cluster: Callable[..., OwnCluster]) -> None:
    cluster = make_cluster()
    cluster.up("--without=driver")
    stage = cluster.stage(MANIFESTS)
    for step in steps.STEPS:
        # The lab's own job sleeps for ten minutes a pod: it is looked at while its first two pods run.
        if step is not steps.job_end:
            step(stage)
        else:
            stage.show("delete", "-n", "dra-tutorial", "job", "dra-job", "--timeout=60s")
        if step is steps.slices:
            comes_back(stage)
    cluster.down()


def comes_back(stage: Stage) -> None:
    """A slice that somebody deletes is published again, half a minute later: most deletions are the driver's own."""
    before = stage.kubectl.get("resourceslice")["items"][0]["metadata"]
    stage.show("delete", "resourceslice", before["name"])
    after = stage.await_("the slice again", lambda: stage.kubectl.get("resourceslice")["items"], 60)
    assert after[0]["metadata"]["uid"] != before["uid"]
