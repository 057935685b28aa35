"""What a user gets wrong: one clear error that names the field, and nothing changed."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from drakkar.cluster.lab import steps
from drakkar.cluster.lab.kubectl import Kubectl
from drakkar.cluster.lab.own_cluster import OwnCluster

EXAMPLES = Path(__file__).parents[2] / "examples" / "lab"
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on PATH"),
]
CLAIM = """
apiVersion: resource.k8s.io/v1
kind: ResourceClaim
metadata: {name: NAME}
spec:
  devices:
    requests:
    - name: gpu
      exactly: {deviceClassName: CLASS SELECTORS}
"""
DEVICE_CLASS = """
apiVersion: resource.k8s.io/v1
kind: DeviceClass
metadata: {name: c}
"""
POD = """
apiVersion: v1
kind: Pod
metadata: {name: NAME}
spec:
  containers:
  - {name: c, image: busybox, command: [sleep, "60"], resources: {claims: [{name: gpu}]}}
  resourceClaims: [{name: gpu, resourceClaimName: NAME}]
"""


def _apply(kubectl: Kubectl, path: Path, text: str, *options: str) -> tuple[int, str]:
    path.write_text(text)
    answer = kubectl.ask("apply", "-f", str(path), *options)
    return answer.code, answer.out + answer.err


def test_bad_objects_are_refused_with_the_fields_path(
    make_cluster: Callable[..., OwnCluster], tmp_path: Path
) -> None:
    cluster = make_cluster()
    cluster.up("--without=driver")
    stage = cluster.stage(EXAMPLES)
    kubectl, path = stage.kubectl, tmp_path / "input.yaml"

    code, said = _apply(kubectl, path, "- just\n- a list\n")
    assert code != 0 and said.strip()

    good = CLAIM.replace("NAME", "x").replace("CLASS", "c")
    code, said = _apply(kubectl, path, good.replace("SELECTORS", ", cuont: 2"), "--validate=strict")
    assert code != 0 and 'unknown field "spec.devices.requests[0].exactly.cuont"' in said, said

    broken = ", selectors: [{cel: {expression: 'device.driver ='}}]"
    code, said = _apply(kubectl, path, good.replace("SELECTORS", broken))
    assert code != 0 and "spec.devices.requests[0].exactly.selectors[0].cel.expression" in said, said
    assert kubectl.run("get", "resourceclaims", "-o", "name").out == ""

    # A class that does not exist is no error: it may come later. The pod says what it waits for.
    code, said = _apply(kubectl, path, good.replace("SELECTORS", ""))
    assert code == 0, said
    code, said = _apply(kubectl, path, POD.replace("NAME", "x"))
    assert code == 0, said
    events = ("get", "events", "--field-selector=involvedObject.name=x", "-o", "jsonpath={.items[*].message}")
    told = stage.await_("an event", lambda: kubectl.run(*events).out or None)
    assert "device class c does not exist" in told
    assert kubectl.run("get", "resourceclaim").out.split()[4] == "pending"


def test_a_driver_that_is_gone_is_told_and_tried_again(make_cluster: Callable[..., OwnCluster]) -> None:
    cluster = make_cluster()
    cluster.up("--without=driver")
    stage = cluster.stage(EXAMPLES)
    for step in (steps.namespace, steps.prerequisites, steps.driver, steps.slices, steps.claim):
        step(stage)
    stage.show("delete", "-n", "dra-tutorial", "daemonset/dra-example-driver-kubeletplugin")
    stage.show("wait", "-n", "dra-tutorial", "pod", "-l", steps._DRIVER, "--for=delete", "--timeout=60s")
    stage.apply("pod.yaml")
    events = ("get", "events", "-n", "dra-tutorial", "--field-selector=involvedObject.name=ollama", "-o")
    told = stage.await_(
        "an event that names the driver",
        lambda: (
            (text := stage.kubectl.run(*events, "jsonpath={.items[*].message}").out)
            and "gpu.example.com is not registered" in text
            and text
        ),
    )
    assert told
    steps.driver(stage)
    stage.show("wait", "-n", "dra-tutorial", "pod/ollama", "--for=condition=Ready", "--timeout=90s")


def test_a_driver_that_dies_in_prepare_is_told_and_tried_again(
    make_cluster: Callable[..., OwnCluster], tmp_path: Path
) -> None:
    cluster = make_cluster()
    cluster.up("--without=driver")
    stage, root = cluster.stage(EXAMPLES), cluster.state / "nodes" / "drakkar-worker"
    kubectl, path = stage.kubectl, tmp_path / "input.yaml"
    crashed = tmp_path / "crashed"
    driver = [
        sys.executable,
        str(Path(__file__).with_name("driver_that_dies.py")),
        str(cluster.state / "kubeconfig"),
        "drakkar-worker",
        str(root / "kubelet" / "plugins_registry"),
        str(root / "kubelet" / "plugins" / "fragile.example.com"),
        str(crashed),
    ]
    first = subprocess.Popen(driver)
    second = None
    try:
        stage.await_("its slice", lambda: kubectl.get("resourceslices")["items"])
        code, said = _apply(kubectl, path, DEVICE_CLASS)
        assert code == 0, said
        code, said = _apply(
            kubectl, path, CLAIM.replace("NAME", "x").replace("CLASS", "c").replace("SELECTORS", "")
        )
        assert code == 0, said
        code, said = _apply(kubectl, path, POD.replace("NAME", "x"))
        assert code == 0, said
        assert first.wait(30) == 7
        events = (
            "get",
            "events",
            "--field-selector=involvedObject.name=x",
            "-o",
            "jsonpath={.items[*].reason}",
        )
        told = stage.await_(
            "an event", lambda: "FailedPrepare" in (text := kubectl.run(*events).out) and text
        )
        assert "FailedPrepareDynamicResources" in told
        assert kubectl.get("pod", "x")["status"]["phase"] == "Pending"
        second = subprocess.Popen(driver)
        kubectl.run("wait", "pod/x", "--for=condition=Ready", "--timeout=90s", limit=100)
        kubectl.run("delete", "pod", "x", "--timeout=60s", limit=70)
    finally:
        for process in (first, second):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait(10)


def test_a_second_driver_of_the_same_name_is_told_and_the_first_goes_on(
    make_cluster: Callable[..., OwnCluster],
) -> None:
    cluster = make_cluster()
    cluster.up()
    stage = cluster.stage(EXAMPLES)
    before = [item["metadata"]["uid"] for item in stage.kubectl.get("resourceslices")["items"]]
    steps.namespace(stage)
    steps.prerequisites(stage)
    stage.apply("dra-driver-daemonset.yaml")
    logs = ("logs", "-n", "dra-tutorial", "-l", steps._DRIVER, "--tail=20")
    told = "does a driver of the same name run on this node already?"
    stage.await_("the driver's complaint", lambda: told in stage.kubectl.ask(*logs).out)
    for step in (steps.claim, steps.pod, steps.environment):
        step(stage)
    after = [item["metadata"]["uid"] for item in stage.kubectl.get("resourceslices")["items"]]
    assert after == before


def test_a_port_in_use_is_named(make_cluster: Callable[..., OwnCluster]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        cluster = make_cluster()
        done = cluster.drakkar("up", "--detach", f"--port={port}")
        assert done.returncode == 2
        assert f"--port {port}: Address already in use" in done.stdout + done.stderr
    # What such a start leaves can be cleared away.
    cleared = cluster.drakkar("down", "--purge")
    assert cleared.returncode == 0, cleared.stderr
    assert not cluster.state.exists()
