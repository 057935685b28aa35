"""Pod statuses from what a runtime knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from drakkar.api.core import Container, Pod
from drakkar.api.resource import decode
from drakkar.kubelet.pods.containers import backoff
from drakkar.kubelet.pods.status import ContainerView, PodView, clearing, container_status, phase, pod_status
from drakkar.kubelet.runtime.container import ContainerSpec, ContainerState

NOW = 1_800_000_000.0


def attempt(
    status: str, code: int = 0, number: int = 0, seconds: float = 5.0, failure: str = ""
) -> ContainerState:
    spec = ContainerSpec("uid", "c", number, ("sh",), {}, Path("/log"))
    started = NOW - seconds
    return ContainerState(spec, status, 7, started, NOW, code, failure)


def view(
    latest: ContainerState | None, init: bool = False, waiting: str = "", **container: Any
) -> ContainerView:
    running = latest is not None and latest.running
    spec = decode(Container, {"name": "c", **container})
    return ContainerView(spec, latest, None, (waiting, ""), ready=running, started=running, init=init)


def seen(
    spec: dict[str, Any], status: dict[str, Any], one: ContainerView, ip: str = "", sandboxed: bool = True
) -> PodView:
    pod = decode(Pod, {"metadata": {"name": "p"}, "spec": spec, "status": status})
    return PodView(pod, status.get("conditions", ()), [one], ip, "127.0.0.1", sandboxed)


RUNS, GOOD, BAD = attempt("running"), attempt("exited"), attempt("exited", 1)


@pytest.mark.parametrize(
    ("views", "policy", "expected"),
    [
        ([view(None)], "Always", "Pending"),
        ([view(RUNS)], "Always", "Running"),
        ([view(RUNS), view(None)], "Always", "Pending"),
        ([view(GOOD), view(RUNS)], "Never", "Running"),
        ([view(GOOD)], "Always", "Running"),
        ([view(GOOD)], "OnFailure", "Succeeded"),
        ([view(BAD)], "OnFailure", "Running"),
        ([view(GOOD), view(BAD)], "Never", "Failed"),
        ([view(RUNS, init=True), view(None)], "Always", "Pending"),
        ([view(BAD, init=True), view(None)], "Always", "Pending"),
        ([view(BAD, init=True), view(None)], "Never", "Failed"),
        ([view(RUNS, init=True, restartPolicy="Always"), view(GOOD)], "Never", "Succeeded"),
    ],
)
def test_phase(views: list[ContainerView], policy: str, expected: str) -> None:
    assert phase(views, policy) == expected


def test_ended_by_deletion() -> None:
    assert phase([view(BAD)], "Always", terminating=True) == "Failed"


def test_container_statuses() -> None:
    assert container_status(view(None))["state"] == {"waiting": {"reason": "ContainerCreating"}}
    ended = container_status(view(attempt("exited", 143)))
    assert ended["state"]["terminated"]["reason"] == "Error" and not ended["ready"]
    looping = container_status(view(attempt("exited", 1, number=3), waiting="CrashLoopBackOff"))
    assert looping["state"]["waiting"]["reason"] == "CrashLoopBackOff" and looping["restartCount"] == 3
    assert looping["lastState"]["terminated"]["exitCode"] == 1
    refused = container_status(view(attempt("exited", 128, failure="not found")))["state"]["terminated"]
    assert (refused["reason"], refused["message"]) == ("StartError", "not found")


def test_conditions_keep_their_times_and_those_of_others() -> None:
    first = pod_status(seen({}, {}, view(None), sandboxed=False), NOW)
    first["conditions"].append({"type": "Theirs", "status": "True"})
    second = pod_status(seen({}, first, view(RUNS), "127.1.1.1"), NOW + 60)
    found = {item["type"]: item for item in second["conditions"]}
    assert found["Ready"]["status"] == "True" and "reason" not in found["Ready"]
    assert found["Ready"]["lastTransitionTime"] > found["PodScheduled"]["lastTransitionTime"]
    assert found["Theirs"] == {"type": "Theirs", "status": "True"}
    assert second["startTime"] == first["startTime"] and second["podIP"] == "127.1.1.1"
    cleared = {item["type"]: item for item in clearing(second, first["conditions"])["conditions"]}
    assert cleared["Ready"]["reason"] is None and "reason" not in cleared["PodScheduled"]


def test_readiness_gates() -> None:
    status = pod_status(seen({"readinessGates": [{"conditionType": "x/y"}]}, {}, view(RUNS)), NOW)
    ready = next(item for item in status["conditions"] if item["type"] == "Ready")
    assert ready["status"] == "False" and ready["reason"] == "ReadinessGatesNotReady"


@pytest.mark.parametrize(
    ("number", "ran", "seconds"), [(0, 1, 0), (1, 1, 10), (2, 1, 20), (5, 1, 160), (9, 1, 300), (9, 601, 0)]
)
def test_backoff(number: int, ran: float, seconds: float) -> None:
    assert backoff(attempt("exited", 1, number=number, seconds=ran)) == seconds
