"""A pod that only knows an extended resource runs with devices: through real kubectl, on a whole cluster."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from drakkar.cluster.lab.own_cluster import OwnCluster

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on PATH"),
]
MANIFEST = """
apiVersion: resource.k8s.io/v1
kind: DeviceClass
metadata: {name: lab-gpu}
spec:
  extendedResourceName: lab.example.com/gpu
  selectors: [{cel: {expression: "device.driver == 'gpu.example.com'"}}]
---
apiVersion: v1
kind: Pod
metadata: {name: asks}
spec:
  restartPolicy: Never
  initContainers:
  - name: first
    image: busybox
    command: [sh, -c, "env | grep -c '^GPU_DEVICE_[0-9]*='"]
    resources: {limits: {lab.example.com/gpu: 1}}
  containers:
  - name: named
    image: busybox
    command: [sh, -c, "env | grep -c '^GPU_DEVICE_[0-9]*='"]
    resources: {limits: {lab.example.com/gpu: 2}}
  - name: unnamed
    image: busybox
    command: [sh, -c, "env | grep -c '^GPU_DEVICE_[0-9]*='"]
    resources: {limits: {deviceclass.resource.kubernetes.io/lab-gpu: 1}}
  - name: none
    image: busybox
    command: [sh, -c, "env | grep -c '^GPU_DEVICE_[0-9]*=' || true"]
"""


def test_what_containers_ask_for_by_name_they_have(
    make_cluster: Callable[..., OwnCluster], tmp_path: Path
) -> None:
    cluster = make_cluster()
    cluster.up()
    kubectl = cluster.kubectl()
    (tmp_path / "pod.yaml").write_text(MANIFEST)
    kubectl.run("apply", "-f", str(tmp_path / "pod.yaml"))
    done = "--for=jsonpath={.status.phase}=Succeeded"
    kubectl.run("wait", "pod/asks", done, "--timeout=60s", limit=70)
    seen = {
        name: kubectl.run("logs", "asks", "-c", name).out.strip()
        for name in ("first", "named", "unnamed", "none")
    }
    # The first one borrows one request of the others, with all its devices.
    assert seen == {"first": "2", "named": "2", "unnamed": "1", "none": "0"}
    told = kubectl.get("pod", "asks")["status"]["extendedResourceClaimStatus"]
    assert [(one["containerName"], one["requestName"]) for one in told["requestMappings"]] == [
        ("unnamed", "container-2-request-0"),
        ("named", "container-1-request-0"),
        ("first", "container-1-request-0"),
    ]
    # What nobody uses any more goes.
    kubectl.run("wait", "resourceclaim", "--all", "--for=delete", "--timeout=60s", limit=70)
    assert kubectl.get("resourceclaims")["items"] == []
