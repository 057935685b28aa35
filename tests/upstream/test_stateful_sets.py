"""StatefulSets: the pods, claims, revisions, statuses and events that kube-controller-manager makes of them, and ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from drakkar.cluster.lab.own_cluster import OwnCluster
from drakkar.controllers.workloads.statefulset import StatefulSetController

from .controllers_beside import both_told, differences
from .stateful_scene import SETS, tell

pytestmark = pytest.mark.upstream


def test_the_same_of_all_sets_after_every_step(cluster: OwnCluster, controller_manager_137: Path) -> None:
    theirs, mine = both_told(
        cluster,
        controller_manager_137,
        "statefulset-controller",
        tell,
        lambda *parts: [StatefulSetController(*parts)],
    )
    assert sum(name.startswith("made: status of") for name in theirs) == len(SETS)
    assert not (different := differences(theirs, mine)), "\n".join(different)
