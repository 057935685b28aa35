"""What a pod's status says: phase, conditions and container statuses, from what the runtime knows. Pure functions."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from drakkar.api.core import Container, Pod
from drakkar.api.object import ObjectView
from drakkar.api.time import time_text
from drakkar.kubelet.runtime.container import ContainerState

OVER = ("Succeeded", "Failed")
RESIZE_PENDING = "PodResizePending"


def timestamp(seconds: float) -> str:
    """RFC 3339 in UTC, to the second, as all times of the API are."""
    return time_text(datetime.datetime.fromtimestamp(seconds, datetime.UTC))


@dataclass(frozen=True, slots=True)
class ContainerView:
    """One container of a pod as it stands: its newest attempt, the one before, and why it waits if it does."""

    container: Container
    latest: ContainerState | None
    previous: ContainerState | None
    waiting: tuple[str, str]
    ready: bool
    started: bool
    message: str = ""
    init: bool = False

    @property
    def name(self) -> str:
        return self.container.name

    @property
    def sidecar(self) -> bool:
        return self.init and self.container.restart_policy == "Always"

    @property
    def running(self) -> bool:
        return self.latest is not None and self.latest.running


def restarts(view: ContainerView, pod_policy: str) -> bool:
    """Would this container's end, as it was, be followed by another start?"""
    if view.latest is None or view.latest.running:
        return True
    failed = view.latest.exit_code != 0
    policy = view.container.restart_policy or pod_policy
    if view.init and not view.sidecar:
        return failed and policy != "Never"
    return policy == "Always" or (policy == "OnFailure" and failed)


def _terminated(state: ContainerState, message: str) -> dict[str, Any]:
    reason = "Completed" if state.exit_code == 0 else "Error"
    if state.failure:
        reason = "StartError" if state.exit_code == 128 else "ContainerStatusUnknown"
    body = {
        "exitCode": state.exit_code,
        "reason": reason,
        "startedAt": timestamp(state.started_at),
        "finishedAt": timestamp(state.finished_at),
        "containerID": container_id(state),
    }
    if state.failure or message:
        body["message"] = state.failure or message
    return body


def container_id(state: ContainerState) -> str:
    """As statuses name a container: the runtime's name and the container's."""
    return f"{state.runtime}://{state.spec.id}"


def container_status(view: ContainerView) -> dict[str, Any]:
    """One entry of containerStatuses."""
    body: dict[str, Any] = {
        "name": view.name,
        "image": view.container.image,
        "imageID": "",
        "ready": view.ready,
        "started": view.started,
        "restartCount": 0,
    }
    own = view.container.resources
    given = {"requests": dict(own.requests), "limits": dict(own.limits)}
    # Nothing holds a container to them, so that they are in force as soon as they are given.
    body["resources"] = {name: amounts for name, amounts in given.items() if amounts}
    if own.requests:
        body["allocatedResources"] = dict(own.requests)
    latest, previous = view.latest, view.previous
    if latest is None:
        body["state"] = {"waiting": _waiting(view.waiting)}
        return body
    body["restartCount"] = latest.spec.attempt
    body["containerID"] = container_id(latest)
    body["imageID"] = f"{latest.runtime}://{latest.spec.argv[0]}" if latest.spec.argv else ""
    if latest.running:
        body["state"] = {"running": {"startedAt": timestamp(latest.started_at)}}
    elif view.waiting[0] and view.waiting[0] not in ("ContainerCreating", "PodInitializing"):
        # It will be started again: what ended is its last state.
        body["state"] = {"waiting": _waiting(view.waiting)}
        previous = latest
    else:
        body["state"] = {"terminated": _terminated(latest, view.message)}
    if previous is not None and not previous.running:
        body["lastState"] = {"terminated": _terminated(previous, view.message if previous is latest else "")}
    return body


def _waiting(waiting: tuple[str, str]) -> dict[str, str]:
    reason, message = waiting
    return {"reason": reason or "ContainerCreating", **({"message": message} if message else {})}


def initialized(views: Iterable[ContainerView]) -> bool:
    """Have all init containers ended well, and the sidecars among them started?"""
    for view in views:
        if not view.init:
            continue
        if view.sidecar:
            if not view.started:
                return False
        elif view.latest is None or view.latest.running or view.latest.exit_code != 0:
            return False
    return True


def phase(views: Sequence[ContainerView], policy: str, terminating: bool = False) -> str:
    """Pending, Running, Succeeded or Failed."""
    main = [view for view in views if not view.init]
    for view in views:
        failed = view.latest is not None and not view.latest.running and view.latest.exit_code != 0
        if view.init and not view.sidecar and failed and not restarts(view, policy):
            return "Failed"
    ended = all(v.latest is not None and not v.latest.running for v in main)
    if ended and (terminating or not any(restarts(view, policy) for view in main)):
        good = all(view.latest is not None and view.latest.exit_code == 0 for view in main)
        return "Succeeded" if good else "Failed"
    if any(view.latest is None for view in main) or (
        not initialized(views) and not any(view.running for view in main)
    ):
        return "Pending"
    return "Running"


@dataclass(frozen=True, slots=True)
class PodView:
    """A pod as it stands on its node.

    `stored` are the conditions that its status has, `failure` (reason, message) makes it Failed whatever else, and one `held`
    is not said to have ended. `lacking` is why it has not been given the resources that it asks for.
    """

    pod: Pod
    stored: Sequence[ObjectView]
    containers: Sequence[ContainerView]
    ip: str
    host_ip: str
    sandboxed: bool
    terminating: bool = False
    held: bool = False
    failure: tuple[str, str] = ("", "")
    lacking: str = ""

    @property
    def main(self) -> list[ContainerView]:
        """Without those of its initialization."""
        return [view for view in self.containers if not view.init]

    @property
    def phase(self) -> str:
        """Pending, Running, Succeeded or Failed."""
        policy = self.pod.spec.restart_policy or "Always"
        what = "Failed" if self.failure[0] else phase(self.containers, policy, self.terminating)
        return "Running" if self.held and what in OVER else what


def _conditions(view: PodView, what: str, now: float) -> list[dict[str, Any]]:
    wanted = _wanted(view, what)
    generation = view.pod.metadata.generation
    before = {item["type"]: item for item in view.stored}
    made: list[dict[str, Any]] = []
    for kind, (good, reason, message) in wanted.items():
        status = "True" if good else "False"
        known = before.get(kind, {})
        since = known.get("lastTransitionTime") if known.get("status") == status else None
        item = {
            "type": kind,
            "status": status,
            "lastTransitionTime": since or timestamp(now),
            **({"observedGeneration": generation} if generation else {}),
        }
        if reason and (not good or kind == RESIZE_PENDING):
            item |= {"reason": reason, "message": message}
        made.append(item)
    return made + [
        dict(item) for kind, item in before.items() if kind not in wanted and kind != RESIZE_PENDING
    ]


def _wanted(view: PodView, what: str) -> dict[str, tuple[bool, str, str]]:
    """The conditions that are the kubelet's own: whether each holds, else why it does not."""
    finished = what in OVER
    pending_init = [one.name for one in view.containers if one.init and not initialized([one])]
    asked = (*view.main, *(one for one in view.containers if one.sidecar))
    unready = [one.name for one in asked if not one.ready]
    not_ready = ("PodCompleted" if what == "Succeeded" else "PodFailed") if finished else "ContainersNotReady"
    why = "" if finished else f"containers with unready status: [{' '.join(unready)}]"
    ready = not finished and not unready
    gate = _closed_gate(view)
    gate_text = f"corresponding condition of pod readiness gate {gate!r} is not True" if gate else ""
    return {
        "PodReadyToStartContainers": (view.sandboxed and not finished, "", ""),
        "Initialized": (
            not pending_init or what == "Succeeded",
            "ContainersNotInitialized",
            f"containers with incomplete status: [{' '.join(pending_init)}]",
        ),
        "Ready": (
            ready and not gate,
            not_ready if not ready else "ReadinessGatesNotReady",
            why if not ready else gate_text,
        ),
        "ContainersReady": (ready, not_ready, why),
        "PodScheduled": (True, "", ""),
        **({RESIZE_PENDING: (True, "Deferred", view.lacking)} if view.lacking else {}),
    }


def _closed_gate(view: PodView) -> str:
    """The first of the pod's readiness gates whose condition does not hold; nothing if all do."""
    holding = {item["type"] for item in view.stored if item["status"] == "True"}
    gates = (gate.condition_type for gate in view.pod.spec.readiness_gates)
    return next((gate for gate in gates if gate not in holding), "")


def pod_status(view: PodView, now: float) -> dict[str, Any]:
    """The whole status that a kubelet owns."""
    what = view.phase
    body: dict[str, Any] = {
        "phase": what,
        "conditions": _conditions(view, what, now),
        "hostIP": view.host_ip,
        "hostIPs": [{"ip": view.host_ip}],
        "startTime": view.pod.status.start_time or timestamp(now),
        "containerStatuses": [container_status(one) for one in view.main],
    }
    if view.pod.metadata.generation:
        body["observedGeneration"] = view.pod.metadata.generation
    if view.failure[0]:
        body |= {"reason": view.failure[0], "message": view.failure[1]}
    if view.sandboxed:
        body |= {"podIP": view.ip, "podIPs": [{"ip": view.ip}]}
    if any(one.init for one in view.containers):
        body["initContainerStatuses"] = [container_status(one) for one in view.containers if one.init]
    return body


def clearing(status: dict[str, Any], stored: Sequence[ObjectView]) -> dict[str, Any]:
    """The status as a patch that also takes away the reasons of conditions that have none any more, and what was pending."""
    before = {item["type"]: item for item in stored}
    conditions = [
        {**{key: None for key in ("reason", "message") if key in before.get(item["type"], {})}, **item}
        for item in status["conditions"]
    ]
    if RESIZE_PENDING in before and all(item["type"] != RESIZE_PENDING for item in status["conditions"]):
        conditions.append({"$patch": "delete", "type": RESIZE_PENDING})
    return {**status, "conditions": conditions}
