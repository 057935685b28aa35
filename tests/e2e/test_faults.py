"""Every part is killed in turn in the middle of the lab: it comes back, and the lab ends as it would have."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drakkar.cluster.lab import steps
from drakkar.cluster.lab.own_cluster import OwnCluster
from drakkar.cluster.lab.stage import Stage

EXAMPLES = Path(__file__).parents[2] / "examples" / "lab"
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not on PATH"),
]
PARTS = ("apiserver", "controllers", "scheduler", "kubelet", "driver")


def processes(state: Path, part: str) -> Iterator[int]:
    """The process ids of a cluster's part, by its command line; the lab's driver is a container of the node."""
    if part == "driver":
        for path in state.glob("nodes/*/containers/*/state.json"):
            pid = json.loads(path.read_bytes())["pid"]
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"driver" in words:
                yield int(pid)
        return
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            continue
        # Behind the interpreter's own words comes what is run, and which part of it.
        named = words[words.index(b"drakkar") + 1 :] if b"drakkar" in words else []
        if named[:1] == [part.encode()] and any(str(state).encode() in word for word in words):
            yield int(entry.name)


def kill(cluster: OwnCluster, part: str) -> None:
    """End a part as the kernel's memory killer would."""
    found = list(processes(cluster.state, part))
    assert found, f"{part} does not run" + cluster.logs()
    for pid in found:
        os.kill(pid, signal.SIGKILL)


def no_device_twice(stage: Stage) -> None:
    """Whatever happened: a device is in one claim at most."""
    seen: dict[tuple[str, str, str], str] = {}
    claims: list[dict[str, Any]] = stage.kubectl.get("resourceclaims", "-A")["items"]
    for item in claims:
        for result in steps._results(item):
            key = result["driver"], result["pool"], result["device"]
            other = seen.setdefault(key, item["metadata"]["name"])
            assert other == item["metadata"]["name"], f"{key} is in {other} and {item['metadata']['name']}"


# One of them is enough for every change; the others have the time of the faults.
@pytest.mark.parametrize(
    "part", [PARTS[0], *(pytest.param(part, marks=pytest.mark.faults) for part in PARTS[1:])]
)
def test_a_part_that_is_killed_comes_back_and_the_lab_goes_on(
    make_cluster: Callable[..., OwnCluster], part: str
) -> None:
    cluster = make_cluster()
    cluster.up("--without=driver")
    stage = cluster.stage(EXAMPLES)
    for step in (steps.namespace, steps.prerequisites, steps.driver, steps.slices, steps.claim):
        step(stage)
    kill(cluster, part)
    if part == "apiserver":
        stage.await_("the API server", lambda: stage.kubectl.ask("get", "--raw", "/readyz").code == 0)
    for step in (steps.pod, steps.environment, steps.template):
        step(stage)
        no_device_twice(stage)
    stage.apply("job.yaml")
    stage.await_("a pod of the job", lambda: steps._running(stage))
    kill(cluster, part)
    stage.await_("the API server", lambda: stage.kubectl.ask("get", "--raw", "/readyz").code == 0)
    steps.job_end(stage)
    no_device_twice(stage)


def test_everything_is_found_again_after_down_and_up(make_cluster: Callable[..., OwnCluster]) -> None:
    cluster = make_cluster()
    cluster.up("--without=driver")
    stage = cluster.stage(EXAMPLES)
    for step in (steps.namespace, steps.prerequisites, steps.driver, steps.slices, steps.claim, steps.pod):
        step(stage)
    before = stage.get("resourceclaim", "example-resource-claim")
    cluster.down()
    cluster.up("--without=driver")
    after = stage.get("resourceclaim", "example-resource-claim")
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["status"]["allocation"] == before["status"]["allocation"]

    def restarted() -> bool:
        # The status from before is there until the kubelet has looked; a restart is what tells old from new.
        status = stage.get("pod", "ollama")["status"]["containerStatuses"][0]
        return status["restartCount"] >= 1 and bool(status["ready"])

    stage.await_("the pod to run again", restarted)
    steps.environment(stage)
    steps.second_pod(stage)


def test_two_clusters_do_not_see_each_other(make_cluster: Callable[..., OwnCluster]) -> None:
    first, second = make_cluster("first"), make_cluster("second")
    for cluster in (first, second):
        cluster.up("--without=driver")
        stage = cluster.stage(EXAMPLES)
        for step in (
            steps.namespace,
            steps.prerequisites,
            steps.driver,
            steps.slices,
            steps.claim,
            steps.pod,
        ):
            step(stage)
    second.down()
    steps.environment(first.stage(EXAMPLES))
