"""A whole cluster with originals in place of ours: the real driver beside our kubelet, the newest kubectl in front."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from drakkar.cluster import readiness
from drakkar.cluster.lab import steps
from drakkar.cluster.lab.own_cluster import OwnCluster
from drakkar.cluster.lab.stage import Stage
from drakkar.cluster.running import endpoint
from drakkar.cluster.state import StateDirectory

from .beside import beside
from .real_server import real_server

EXAMPLES = Path(__file__).parents[2] / "examples" / "lab"
NODE = "drakkar-worker"
pytestmark = pytest.mark.upstream


def _tell(lines: list[str]) -> Callable[[str], None]:
    return lines.append


def test_the_lab_through_kubectl_137(cluster: OwnCluster, kubectl_137: Path) -> None:
    cluster.up("--without=driver")
    stage = cluster.stage(EXAMPLES, command=str(kubectl_137))
    for step in steps.STEPS:
        step(stage)


def _driver(program: Path, cluster: OwnCluster) -> contextlib.AbstractContextManager[Path]:
    """The real driver beside the node, as the node's own driver would run."""
    root = cluster.state / "nodes" / NODE
    command = [
        str(program),
        f"--kubeconfig={cluster.state / 'kubeconfig'}",
        f"--node-name={NODE}",
        f"--cdi-root={root / 'cdi' / 'run'}",
        f"--kubelet-plugins-directory-path={root / 'kubelet' / 'plugins'}",
        f"--kubelet-registrar-directory-path={root / 'kubelet' / 'plugins_registry'}",
        "--num-devices=9",
        "--healthcheck-port=-1",
    ]
    # It tells containers their node from its environment, whatever the flag says.
    return beside(cluster, command, NODE_NAME=NODE)


def _component(
    program: Path, cluster: OwnCluster, part: str, *flags: str
) -> contextlib.AbstractContextManager[Path]:
    """A part of the real control plane as the user of ours in its place, with the roles of its own; it listens nowhere."""
    access = [
        f"--{name}={cluster.state / 'kubeconfigs' / part}"
        for name in ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")
    ]
    return beside(cluster, [str(program), *access, "--secure-port=0", *flags])


def test_the_real_driver_serves_our_pods(cluster: OwnCluster, example_driver: Path) -> None:
    cluster.up("--without=driver")
    stage: Stage = cluster.stage(EXAMPLES)
    steps.namespace(stage)
    steps.prerequisites(stage)
    with _driver(example_driver, cluster) as log:
        for step in (
            steps.slices,
            steps.claim,
            steps.pod,
            steps.environment,
            steps.second_pod,
            steps.template,
        ):
            step(stage)
        for step in (steps.job, steps.job_end, steps.deployment):
            step(stage)
        stage.show("delete", "-n", "dra-tutorial", "pod", "ollama", "ollama2", "--timeout=60s")
        claim = stage.get("resourceclaim", "example-resource-claim")
        stage.check(not (claim.get("status") or {}).get("allocation"), "the claim is free again")
        text = log.read_text(errors="replace")
        stage.check("prepare" in text.lower() and claim["metadata"]["uid"] in text, "the driver was asked")


def test_the_lab_with_the_real_scheduler(cluster: OwnCluster, scheduler_137: Path) -> None:
    cluster.up("--without=driver,scheduler")
    with _component(scheduler_137, cluster, "scheduler"):
        stage = cluster.stage(EXAMPLES)
        for step in steps.STEPS:
            step(stage)


def _await_controllers(cluster: OwnCluster) -> None:
    """They lead once they have the lease, and then take the taint of new nodes off."""
    state = StateDirectory(cluster.state)
    settings = state.open()
    assert settings is not None
    asyncio.run(readiness.untainted(endpoint(state, settings), {NODE}, 60.0))


def test_the_lab_with_the_real_controllers(cluster: OwnCluster, controller_manager_137: Path) -> None:
    cluster.up("--without=driver,controllers")
    pki = cluster.state / "pki"
    flags = (
        f"--root-ca-file={pki / 'ca.crt'}",
        f"--service-account-private-key-file={pki / 'service-accounts.key'}",
        "--use-service-account-credentials",
        # The usual place is one on this machine, which it would make.
        f"--flex-volume-plugin-dir={cluster.home / 'volumes'}",
    )
    with _component(controller_manager_137, cluster, "controllers", *flags):
        _await_controllers(cluster)
        stage = cluster.stage(EXAMPLES)
        for step in steps.STEPS:
            step(stage)


def test_the_lab_on_the_real_api_server(cluster: OwnCluster, apiserver_137: Path, etcd: Path) -> None:
    """Ours are the controllers, the scheduler, the kubelet, and the driver that the lab installs."""
    with real_server(cluster, apiserver_137, etcd):
        cluster.up("--without=driver,apiserver")
        stage = cluster.stage(EXAMPLES)
        for step in steps.STEPS:
            if step is steps.service:
                # The pods of the process runtime have loopback addresses, which this server takes for no endpoints.
                stage.apply("service.yaml")
            else:
                step(stage)
        cluster.down()
