"""What a deployment's status says of its replica sets; pure."""

from __future__ import annotations

import datetime
from typing import Any

from drakkar.api.time import time_text
from drakkar.controllers.machinery.clock import seconds_since
from drakkar.controllers.workloads import conditions as known
from drakkar.controllers.workloads.revisions import available, replicas
from drakkar.controllers.workloads.rollout import surge_and_unavailable

Object = dict[str, Any]

# The greatest 32-bit number: the API's way to say "no deadline".
_NO_DEADLINE = 2**31 - 1
_DONE = "NewReplicaSetAvailable"
_LATE = "ProgressDeadlineExceeded"


def limits(deployment: Object) -> tuple[int, int]:
    """(pods above the wanted number, pods that may be missing) for this deployment's strategy."""
    strategy = deployment["spec"].get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return 0, 0
    rolling = strategy.get("rollingUpdate") or {}
    return surge_and_unavailable(rolling.get("maxSurge"), rolling.get("maxUnavailable"), replicas(deployment))


def _sum(replica_sets: list[Object], field: str) -> int:
    return sum(int((obj.get("status") or {}).get(field) or 0) for obj in replica_sets)


def is_complete(deployment: Object, status: Object) -> bool:
    wanted = replicas(deployment)
    return all(
        status.get(field, 0) == wanted for field in ("replicas", "updatedReplicas", "availableReplicas")
    ) and status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 0)


def status_of(deployment: Object, new: Object | None, old: list[Object], moment: datetime.datetime) -> Object:
    """The status that the deployment should have now."""
    everything = [*old, *([new] if new is not None else [])]
    held = deployment.get("status") or {}
    total, ready = _sum(everything, "replicas"), _sum(everything, "availableReplicas")
    counts = {
        "replicas": total,
        "updatedReplicas": _sum([new] if new is not None else [], "replicas"),
        "readyReplicas": _sum(everything, "readyReplicas"),
        "availableReplicas": ready,
        "unavailableReplicas": max(0, total - ready),
        "terminatingReplicas": _sum(everything, "terminatingReplicas"),
    }
    status: Object = {"observedGeneration": deployment["metadata"].get("generation", 0)}
    status |= {name: count for name, count in counts.items() if count}
    if held.get("collisionCount"):
        status["collisionCount"] = held["collisionCount"]
    found = list(held.get("conditions") or [])
    _, unavailable = limits(deployment)
    if ready >= replicas(deployment) - unavailable:
        reason, message = "MinimumReplicasAvailable", "Enough pods are available."
        found = known.with_condition(found, "Available", "True", reason, message, moment)
    else:
        reason, message = "MinimumReplicasUnavailable", "Too few pods are available."
        found = known.with_condition(found, "Available", "False", reason, message, moment)
    found = _with_progress(deployment, status, new, found, moment)
    found = known.without_condition(found, "ReplicaFailure")
    if new is not None:
        failure = known.find((new.get("status") or {}).get("conditions") or [], "ReplicaFailure")
        if failure is not None:
            found.append({**failure, "lastUpdateTime": failure.get("lastTransitionTime")})
    status["conditions"] = found
    return status


def _with_progress(
    deployment: Object, status: Object, new: Object | None, found: list[Object], moment: datetime.datetime
) -> list[Object]:
    deadline = deadline_of(deployment)
    if deadline is None:
        return found
    if deployment["spec"].get("paused"):
        return known.with_condition(
            found, "Progressing", "Unknown", "DeploymentPaused", "The deployment is paused.", moment
        )
    what = f'ReplicaSet "{new["metadata"]["name"]}"' if new is not None else "The deployment"
    before = known.find(found, "Progressing")
    held = deployment.get("status") or {}
    if (
        before is not None
        and before.get("reason") == _DONE
        and status.get("replicas", 0) == status.get("updatedReplicas", 0)
    ):
        # A pod that fails later does not undo a rollout.
        return found
    if is_complete(deployment, status):
        return _renewed(found, before, "True", _DONE, f"{what} is fully rolled out.", moment)
    if before is None:
        return _renewed(found, before, "True", "ReplicaSetUpdated", f"{what} is progressing.", moment)
    if _moved(held, status):
        return _renewed(found, before, "True", "ReplicaSetUpdated", f"{what} is progressing.", moment)
    if before.get("reason") in ("DeploymentPaused", _DONE):
        return _renewed(found, before, "True", "ReplicaSetUpdated", f"{what} is progressing.", moment)
    if before.get("reason") != _LATE and seconds_since(before.get("lastUpdateTime"), moment) > deadline:
        return _renewed(found, before, "False", _LATE, f"{what} made no progress in {deadline} s.", moment)
    return found


def _moved(held: Object, status: Object) -> bool:
    def old_pods(counts: Object) -> int:
        return int(counts.get("replicas", 0)) - int(counts.get("updatedReplicas", 0))

    return old_pods(status) < old_pods(held) or any(
        status.get(field, 0) > held.get(field, 0)
        for field in ("updatedReplicas", "readyReplicas", "availableReplicas")
    )


def _renewed(
    found: list[Object],
    before: Object | None,
    status: str,
    reason: str,
    message: str,
    moment: datetime.datetime,
) -> list[Object]:
    changed = time_text(moment)
    same = before is not None and before.get("status") == status
    since = before.get("lastTransitionTime") if before is not None and same else changed
    new = {
        "type": "Progressing",
        "status": status,
        "reason": reason,
        "message": message,
        "lastUpdateTime": changed,
        "lastTransitionTime": since,
    }
    return [*known.without_condition(found, "Progressing"), new]


def deadline_of(deployment: Object) -> int | None:
    """Seconds within which there must be progress."""
    deadline = deployment["spec"].get("progressDeadlineSeconds")
    return None if deadline is None or deadline >= _NO_DEADLINE else int(deadline)


def unhealthy(replica_set: Object) -> int:
    """Pods of a replica set that are not available."""
    return max(0, replicas(replica_set) - available(replica_set))
