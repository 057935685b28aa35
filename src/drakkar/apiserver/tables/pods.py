"""The table of pods; its Status column is worked out from phases, conditions and container states."""

from __future__ import annotations

import datetime
from typing import Any

from drakkar.api.object import Object
from drakkar.api.time import time_or_none
from drakkar.apiserver.tables.cells import NONE, age, deleting, duration, is_true, part, rows
from drakkar.apiserver.tables.layout import AGE, Column, Layout


def _ended(state: Object) -> str:
    """Why a container ended, in the form that has no better reason."""
    if state.get("reason"):
        return str(state["reason"])
    if state.get("signal"):
        return f"Signal:{state['signal']}"
    return f"ExitCode:{state.get('exitCode', 0)}"


def _waits(state: Object) -> str:
    return str(part(state, "waiting").get("reason") or "")


class _Restarts:
    """Counts restarts and keeps the end of the latest run before one."""

    def __init__(self) -> None:
        self.count = 0
        self.last: datetime.datetime | None = None

    def add(self, status: Object) -> None:
        self.count += int(status.get("restartCount") or 0)
        found = time_or_none(part(status, "lastState", "terminated").get("finishedAt"))
        if found and (self.last is None or found > self.last):
            self.last = found

    def text(self, now: datetime.datetime) -> str:
        if self.count and self.last:
            return f"{self.count} ({duration((now - self.last).total_seconds())} ago)"
        return str(self.count)


def _init_reason(pod: Object, sidecars: set[str]) -> tuple[str, int]:
    """What the first unfinished init container says, or nothing; and how many sidecars are ready before it."""
    ready = 0
    total = len(rows(part(pod, "spec"), "initContainers"))
    for index, status in enumerate(rows(part(pod, "status"), "initContainerStatuses")):
        state = part(status, "state")
        ended = part(state, "terminated")
        if ended and not ended.get("exitCode"):
            continue
        if status.get("name") in sidecars and status.get("started"):
            ready += bool(status.get("ready"))
            continue
        if ended:
            return f"Init:{_ended(ended)}", ready
        waits = _waits(state)
        if waits and waits != "PodInitializing":
            return f"Init:{waits}", ready
        return f"Init:{index}/{total}", ready
    return "", ready


def pod_status(pod: Object) -> tuple[str, int]:
    """The word of the Status column, and the number of ready containers."""
    spec, status = part(pod, "spec"), part(pod, "status")
    reason = str(status.get("reason") or status.get("phase") or "")
    for found in rows(status, "conditions"):
        if found.get("type") == "PodScheduled" and found.get("reason") == "SchedulingGated":
            reason = "SchedulingGated"
    sidecars = {c["name"] for c in rows(spec, "initContainers") if c.get("restartPolicy") == "Always"}
    starting, ready = _init_reason(pod, sidecars)
    reason = starting or reason
    if not starting or is_true(pod, "Initialized"):
        running = False
        # From the last to the first, so that the first container with something to say wins.
        for container in reversed(rows(status, "containerStatuses")):
            state = part(container, "state")
            ended = part(state, "terminated")
            if _waits(state):
                reason = _waits(state)
            elif ended:
                reason = _ended(ended)
            elif container.get("ready") and "running" in state:
                running = True
                ready += 1
        if reason == "Completed" and running:
            reason = "Running" if is_true(pod, "Ready") else "NotReady"
    if deleting(pod):
        if status.get("reason") == "NodeLost":
            reason = "Unknown"
        elif status.get("phase") not in ("Succeeded", "Failed"):
            reason = "Terminating"
    return reason, ready


def _restarts(pod: Object) -> _Restarts:
    spec, status = part(pod, "spec"), part(pod, "status")
    sidecars = {c["name"] for c in rows(spec, "initContainers") if c.get("restartPolicy") == "Always"}
    starting, _ = _init_reason(pod, sidecars)
    restarts = _Restarts()
    started = not starting or is_true(pod, "Initialized")
    for container in rows(status, "initContainerStatuses"):
        # Restarts of init containers stop to matter once the pod runs; those of sidecars never do.
        if not started or container.get("name") in sidecars:
            restarts.add(container)
    if started:
        for container in rows(status, "containerStatuses"):
            restarts.add(container)
    return restarts


def _gates(pod: Object) -> str:
    gates = rows(part(pod, "spec"), "readinessGates")
    if not gates:
        return NONE
    return f"{sum(is_true(pod, str(g.get('conditionType'))) for g in gates)}/{len(gates)}"


def _cells(pod: Object, now: datetime.datetime) -> list[Any]:
    spec, status = part(pod, "spec"), part(pod, "status")
    word, ready = pod_status(pod)
    total = len(rows(spec, "containers"))
    total += sum(c.get("restartPolicy") == "Always" for c in rows(spec, "initContainers"))
    addresses = rows(status, "podIPs")
    address = addresses[0].get("ip") if addresses else status.get("podIP")
    return [
        f"{ready}/{total}",
        word,
        _restarts(pod).text(now),
        age(pod, now),
        address or NONE,
        spec.get("nodeName") or NONE,
        status.get("nominatedNodeName") or NONE,
        _gates(pod),
    ]


PODS = Layout(
    (
        Column("Ready", description="Ready containers of all containers"),
        Column("Status", description="What the pod is doing, or why it is not"),
        Column("Restarts", description="How often its containers were restarted, and when last"),
        AGE,
        Column("IP", description="Address of the pod", wide=True),
        Column("Node", description="Node that the pod is bound to", wide=True),
        Column("Nominated Node", description="Node on which room is being made for the pod", wide=True),
        Column("Readiness Gates", description="Passed readiness gates of all gates", wide=True),
    ),
    _cells,
)
