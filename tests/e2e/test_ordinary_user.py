"""A cluster of an ordinary user beside one of root's, both at work at once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from drakkar.cluster.lab import steps
from drakkar.cluster.lab.own_cluster import OwnCluster

EXAMPLES = Path(__file__).parents[2] / "examples" / "lab"
NOBODY = 65534
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on PATH"),
    pytest.mark.skipif(os.geteuid() != 0, reason="all tests run as an ordinary user already"),
]


def test_a_user_without_any_rights_runs_the_lab_beside_root(
    make_cluster: Callable[..., OwnCluster], nobodys: OwnCluster
) -> None:
    roots = make_cluster()
    stages = []
    for cluster in (nobodys, roots):
        cluster.up("--without=driver")
        stages.append(cluster.stage(EXAMPLES))
    for step in (steps.namespace, steps.prerequisites, steps.driver, steps.slices, steps.claim, steps.pod):
        for stage in stages:
            step(stage)
    for step in (
        steps.driver_log,
        steps.environment,
        steps.service,
        steps.template,
        steps.job,
        steps.job_end,
    ):
        step(stages[0])
    steps.environment(stages[1])
    foreign = [path for path in nobodys.state.rglob("*") if path.lstat().st_uid != NOBODY]
    assert foreign == []
