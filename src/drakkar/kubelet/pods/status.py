"""What a pod's status says: phase, conditions and container statuses, from what the runtime knows. Pure functions."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drakkar.api.time import time_text
from drakkar.kubelet.runtime.container import ContainerState

Object = Mapping[str, Any]
OWN_CONDITIONS = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")


def timestamp(seconds: float) -> str:
    """RFC 3339 in UTC, to the second, as all times of the API are."""
    return time_text(datetime.datetime.fromtimestamp(seconds, datetime.UTC))


@dataclass(frozen=True, slots=True)
class ContainerView:
    """One container of a pod as it stands: its newest attempt, the one before, and why it waits if it does."""

    container: Object
    latest: ContainerState | None
    previous: ContainerState | None
    waiting: tuple[str, str]
    ready: bool
    started: bool
    message: str = ""
    init: bool = False

    @property
    def name(self) -> str:
        return str(self.container["name"])

    @property
    def sidecar(self) -> bool:
        return self.init and self.container.get("restartPolicy") == "Always"

    @property
    def running(self) -> bool:
        return self.latest is not None and self.latest.running


def restarts(view: ContainerView, pod_policy: str) -> bool:
    """Would this container's end, as it was, be followed by another start?"""
    if view.latest is None or view.latest.running:
        return True
    failed = view.latest.exit_code != 0
    policy = str(view.container.get("restartPolicy") or pod_policy)
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
        "image": view.container.get("image") or "",
        "imageID": "",
        "ready": view.ready,
        "started": view.started,
        "restartCount": 0,
    }
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


def _conditions(wanted: Mapping[str, tuple[bool, str, str]], old: Object, now: float) -> list[dict[str, Any]]:
    before = {item["type"]: item for item in old.get("conditions") or ()}
    made: list[dict[str, Any]] = []
    for kind, (good, reason, message) in wanted.items():
        status = "True" if good else "False"
        known = before.get(kind) or {}
        since = known.get("lastTransitionTime") if known.get("status") == status else None
        item = {
            "type": kind,
            "status": status,
            "lastTransitionTime": since or timestamp(now),
        }
        if not good and reason:
            item |= {"reason": reason, "message": message}
        made.append(item)
    return made + [dict(item) for kind, item in before.items() if kind not in wanted]


def pod_status(
    pod: Object,
    views: Sequence[ContainerView],
    pod_ip: str,
    host_ip: str,
    now: float,
    sandboxed: bool,
    terminating: bool = False,
    held: bool = False,
    failure: tuple[str, str] = ("", ""),
) -> dict[str, Any]:
    """The whole status that a kubelet owns.

    `failure` (reason, message) makes the pod Failed whatever else; one `held` is not said to have ended.
    """
    old = pod.get("status") or {}
    policy = str(pod["spec"].get("restartPolicy") or "Always")
    what = "Failed" if failure[0] else phase(views, policy, terminating)
    if held and what in ("Succeeded", "Failed"):
        what = "Running"
    finished = what in ("Succeeded", "Failed")
    main = [view for view in views if not view.init]
    pending_init = [view.name for view in views if view.init and not initialized([view])]
    unready = [view.name for view in (*main, *(v for v in views if v.sidecar)) if not view.ready]
    not_ready = ("PodCompleted" if what == "Succeeded" else "PodFailed") if finished else "ContainersNotReady"
    why = "" if finished else f"containers with unready status: [{' '.join(unready)}]"
    ready = not finished and not unready
    gates = [
        gate["conditionType"]
        for gate in pod["spec"].get("readinessGates") or ()
        if not any(
            item["type"] == gate["conditionType"] and item["status"] == "True"
            for item in old.get("conditions") or ()
        )
    ]
    gate_text = f"corresponding condition of pod readiness gate {gates[0]!r} is not True" if gates else ""
    wanted = {
        "PodReadyToStartContainers": (sandboxed and not finished, "", ""),
        "Initialized": (
            not pending_init or what == "Succeeded",
            "ContainersNotInitialized",
            f"containers with incomplete status: [{' '.join(pending_init)}]",
        ),
        "Ready": (
            ready and not gates,
            not_ready if not ready else "ReadinessGatesNotReady",
            why if not ready else gate_text,
        ),
        "ContainersReady": (ready, not_ready, why),
        "PodScheduled": (True, "", ""),
    }
    body: dict[str, Any] = {
        "phase": what,
        "conditions": _conditions(wanted, old, now),
        "hostIP": host_ip,
        "hostIPs": [{"ip": host_ip}],
        "startTime": old.get("startTime") or timestamp(now),
        "containerStatuses": [container_status(view) for view in main],
    }
    if failure[0]:
        body |= {"reason": failure[0], "message": failure[1]}
    if sandboxed:
        body |= {"podIP": pod_ip, "podIPs": [{"ip": pod_ip}]}
    if any(view.init for view in views):
        body["initContainerStatuses"] = [container_status(view) for view in views if view.init]
    return body


def clearing(status: dict[str, Any], old: Object) -> dict[str, Any]:
    """The status as a patch that also takes away the reasons of conditions that have none any more."""
    before = {item["type"]: item for item in old.get("conditions") or ()}
    conditions = [
        {**{key: None for key in ("reason", "message") if key in before.get(item["type"], {})}, **item}
        for item in status["conditions"]
    ]
    return {**status, "conditions": conditions}
