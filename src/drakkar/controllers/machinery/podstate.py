"""What a pod's status says: finished, active, ready, available."""

from __future__ import annotations

import datetime

from drakkar.api.core import Condition, Pod
from drakkar.api.time import time_or_none
from drakkar.controllers.machinery.clock import seconds_since
from drakkar.controllers.machinery.seen import Seen

SeenPod = Seen[Pod]
_NOTHING = Condition()


def phase(pod: SeenPod) -> str:
    return pod.it.status.phase or "Pending"


def is_finished(pod: SeenPod) -> bool:
    return pod.it.is_over


def is_active(pod: SeenPod) -> bool:
    """Neither finished nor on its way out."""
    return not pod.it.is_over and not pod.it.metadata.deletion_timestamp


def is_scheduled(pod: SeenPod) -> bool:
    return bool(pod.it.spec.node_name)


def is_leaving(pod: SeenPod) -> bool:
    """On its way out, and not finished."""
    return not pod.it.is_over and bool(pod.it.metadata.deletion_timestamp)


def condition(pod: SeenPod, kind: str) -> Condition:
    """What it says of one thing; an empty condition where it says nothing."""
    return next((one for one in pod.it.status.conditions if one.type == kind), _NOTHING)


def is_ready(pod: SeenPod) -> bool:
    return condition(pod, "Ready").status == "True"


def ready_since(pod: SeenPod) -> datetime.datetime | None:
    return time_or_none(condition(pod, "Ready").last_transition_time)


def available_in(pod: SeenPod, min_ready_seconds: int, moment: datetime.datetime) -> float | None:
    """Seconds until a ready pod counts as available, zero when it does; None for a pod that is not ready."""
    if not is_ready(pod):
        return None
    if not min_ready_seconds:
        return 0.0
    since = condition(pod, "Ready").last_transition_time
    if time_or_none(since) is None:
        return float(min_ready_seconds)
    return max(0.0, min_ready_seconds - seconds_since(since, moment))


def restarts(pod: SeenPod) -> int:
    status = pod.it.status
    return sum(one.restart_count for one in (*status.init_container_statuses, *status.container_statuses))
