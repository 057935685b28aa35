"""What a deployment's status says of its replica sets; pure."""

from __future__ import annotations

import datetime

from drakkar.api.object import Object
from drakkar.api.time import time_text
from drakkar.api.workloads import RollingUpdate
from drakkar.controllers.machinery.clock import seconds_since
from drakkar.controllers.machinery.stored import status_in
from drakkar.controllers.workloads import conditions as known
from drakkar.controllers.workloads.revisions import SeenWorkload, available, replicas
from drakkar.controllers.workloads.rollout import surge_and_unavailable

# The greatest 32-bit number: the API's way to say "no deadline".
_NO_DEADLINE = 2**31 - 1
_DONE = "NewReplicaSetAvailable"
_CREATED = "NewReplicaSetCreated"
_LATE = "ProgressDeadlineExceeded"


def limits(deployment: SeenWorkload) -> tuple[int, int]:
    """(pods above the wanted number, pods that may be missing) for this deployment's strategy."""
    strategy = deployment.it.spec.strategy
    if strategy.type == "Recreate":
        return 0, 0
    rolling = strategy.rolling_update or RollingUpdate()
    return surge_and_unavailable(rolling.max_surge, rolling.max_unavailable, replicas(deployment))


def is_complete(deployment: SeenWorkload, status: Object) -> bool:
    wanted = replicas(deployment)
    return (
        all(status.get(field, 0) == wanted for field in ("replicas", "updatedReplicas", "availableReplicas"))
        and status.get("observedGeneration", 0) >= deployment.it.metadata.generation
    )


def status_of(
    deployment: SeenWorkload, new: SeenWorkload | None, old: list[SeenWorkload], moment: datetime.datetime
) -> Object:
    """The status that the deployment should have now."""
    everything = [one.it.status for one in (*old, *([new] if new is not None else []))]
    held = deployment.it.status
    total, ready = sum(one.replicas for one in everything), sum(one.available_replicas for one in everything)
    # What its replica sets are to have: pods that nobody could make are missing, too.
    wanted = sum(replicas(one) for one in (*old, *([new] if new is not None else [])))
    counts = {
        "replicas": total,
        "updatedReplicas": 0 if new is None else new.it.status.replicas,
        "readyReplicas": sum(one.ready_replicas for one in everything),
        "availableReplicas": ready,
        "unavailableReplicas": max(0, wanted - ready),
    }
    status: Object = {
        "observedGeneration": deployment.it.metadata.generation,
        "terminatingReplicas": sum(one.terminating_replicas for one in everything),
    }
    status |= {name: count for name, count in counts.items() if count}
    if held.collision_count:
        status["collisionCount"] = held.collision_count
    found = list(known.conditions_in(status_in(deployment.obj)))
    before = known.find(found, "Progressing")
    told = deadline_of(deployment) is not None and not deployment.it.spec.paused
    is_news = new is not None and told and _is_news(before, new)
    if is_news and new is not None:
        message = f'Created new replica set "{new.it.metadata.name}"'
        found = _renewed(found, before, "True", _CREATED, message, moment)
    _, unavailable = limits(deployment)
    if ready >= replicas(deployment) - unavailable:
        reason, message = "MinimumReplicasAvailable", "Deployment has minimum availability."
        found = known.with_condition(found, "Available", "True", reason, message, moment)
    else:
        reason, message = "MinimumReplicasUnavailable", "Deployment does not have minimum availability."
        found = known.with_condition(found, "Available", "False", reason, message, moment)
    if not is_news:
        found = _with_progress(deployment, status, new, found, moment)
    said = known.find(found, "ReplicaFailure")
    found = known.without_condition(found, "ReplicaFailure")
    # The new replica set's before those of the old ones.
    sets = [*([new] if new is not None else []), *old]
    failures = (known.find(known.conditions_in(status_in(one.obj)), "ReplicaFailure") for one in sets)
    failure = next((one for one in failures if one is not None), None)
    if failure is not None and said is not None and said.get("reason") == failure.get("reason"):
        # What was said first stays, as upstream.
        found.append(said)
    elif failure is not None:
        found.append({**failure, "lastUpdateTime": failure.get("lastTransitionTime")})
    status["conditions"] = found
    return status


def _with_progress(
    deployment: SeenWorkload,
    status: Object,
    new: SeenWorkload | None,
    found: list[Object],
    moment: datetime.datetime,
) -> list[Object]:
    deadline = deadline_of(deployment)
    if deadline is None:
        return found
    if deployment.it.spec.paused:
        return known.with_condition(
            found, "Progressing", "Unknown", "DeploymentPaused", "Deployment is paused", moment
        )
    what = (
        f'ReplicaSet "{new.it.metadata.name}"'
        if new is not None
        else f'Deployment "{deployment.it.metadata.name}"'
    )
    before = known.find(found, "Progressing")
    held = status_in(deployment.obj)
    if (
        before is not None
        and before.get("reason") == _DONE
        and status.get("replicas", 0) == status.get("updatedReplicas", 0)
    ):
        # A pod that fails later does not undo a rollout.
        return found
    if is_complete(deployment, status):
        return _renewed(found, before, "True", _DONE, f"{what} has successfully progressed.", moment)
    if before is None:
        return _renewed(found, before, "True", "ReplicaSetUpdated", f"{what} is progressing.", moment)
    if _moved(held, status):
        return _renewed(found, before, "True", "ReplicaSetUpdated", f"{what} is progressing.", moment)
    if before.get("reason") in ("DeploymentPaused", _DONE):
        return _renewed(found, before, "True", "ReplicaSetUpdated", f"{what} is progressing.", moment)
    if before.get("reason") != _LATE and seconds_since(before.get("lastUpdateTime"), moment) > deadline:
        return _renewed(found, before, "False", _LATE, f"{what} has timed out progressing.", moment)
    return found


def _is_news(before: Object | None, new: SeenWorkload) -> bool:
    """Whether nothing was said of a replica set that has no pods yet."""
    if new.it.status.replicas:
        return False
    if before is not None and before.get("reason") == _CREATED:
        return False
    return before is None or f'"{new.it.metadata.name}"' not in before.get("message", "")


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


def deadline_of(deployment: SeenWorkload) -> int | None:
    """Seconds within which there must be progress."""
    deadline = deployment.it.spec.progress_deadline_seconds
    return None if deadline is None or deadline >= _NO_DEADLINE else deadline


def unhealthy(replica_set: SeenWorkload) -> int:
    """Pods of a replica set that are not available."""
    return max(0, replicas(replica_set) - available(replica_set))
