"""A node is drained by real kubectl, one pod after the other, as a disruption budget has it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from drakkar.cluster.lab.own_cluster import OwnCluster

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on PATH"),
]
Object = dict[str, Any]
_LABELS = {"app": "web"}
_DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 4,
        "selector": {"matchLabels": _LABELS},
        "template": {
            "metadata": {"labels": _LABELS},
            "spec": {"terminationGracePeriodSeconds": 0, "containers": [{"name": "c", "image": "none"}]},
        },
    },
}
_BUDGET = {
    "apiVersion": "policy/v1",
    "kind": "PodDisruptionBudget",
    "metadata": {"name": "web"},
    "spec": {"maxUnavailable": 1, "selector": {"matchLabels": _LABELS}},
}


def _nodes(cluster: OwnCluster) -> list[str]:
    found = cluster.kubectl().get("pods", "-l", "app=web")["items"]
    return [one["spec"]["nodeName"] for one in found if "deletionTimestamp" not in one["metadata"]]


def test_a_drain_ends(make_cluster: Callable[..., OwnCluster]) -> None:
    cluster = make_cluster()
    cluster.up("--simulated-nodes=2", "--without=kubelet,driver")
    objects = cluster.home / "objects.json"
    objects.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [_DEPLOYMENT, _BUDGET]}))
    kubectl = cluster.kubectl()
    kubectl.run("apply", "-f", str(objects))
    kubectl.run("rollout", "status", "deployment/web", "--timeout=60s")
    kubectl.run("wait", "pdb/web", "--for=jsonpath={.status.disruptionsAllowed}=1", "--timeout=30s")
    drained = _nodes(cluster)[0]
    said = kubectl.run("drain", drained, "--timeout=90s").out
    assert f"node/{drained} drained" in said, cluster.logs()
    kubectl.run("rollout", "status", "deployment/web", "--timeout=60s")
    where = _nodes(cluster)
    assert len(where) == 4 and drained not in where
