"""The examples work as they are: a driver of thirty lines serves a pod."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from drakkar.cluster.lab.own_cluster import OwnCluster

EXAMPLES = Path(__file__).parents[2] / "examples"
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on PATH"),
]
POD = """
apiVersion: resource.k8s.io/v1
kind: DeviceClass
metadata: {name: one}
spec: {selectors: [{cel: {expression: 'device.driver == "one.example.com"'}}]}
---
apiVersion: resource.k8s.io/v1
kind: ResourceClaim
metadata: {name: thing}
spec: {devices: {requests: [{name: r, exactly: {deviceClassName: one}}]}}
---
apiVersion: v1
kind: Pod
metadata: {name: user}
spec:
  containers:
  - {name: c, image: busybox, command: [sleep, "60"], resources: {claims: [{name: thing}]}}
  resourceClaims: [{name: thing, resourceClaimName: thing}]
"""


def test_the_driver_of_thirty_lines(make_cluster: Callable[..., OwnCluster], tmp_path: Path) -> None:
    cluster = make_cluster()
    cluster.up("--without=driver")
    root = cluster.state / "nodes" / "drakkar-worker"
    driver = subprocess.Popen(
        [
            sys.executable,
            str(EXAMPLES / "driver" / "one_device.py"),
            str(cluster.state / "kubeconfig"),
            "drakkar-worker",
            str(root / "kubelet"),
            str(root / "cdi" / "run"),
        ]
    )
    try:
        manifest = tmp_path / "pod.yaml"
        manifest.write_text(POD)
        kubectl = cluster.kubectl()
        kubectl.run("apply", "-f", str(manifest))
        kubectl.run("wait", "pod/user", "--for=condition=Ready", "--timeout=60s", limit=70)
        assert "THING=only" in kubectl.run("exec", "user", "--", "env").out
        kubectl.run("delete", "pod", "user", "--timeout=60s", limit=70)
    finally:
        driver.terminate()
        driver.wait(10)
