"""What a pod's status says: finished, active, ready, available."""

from __future__ import annotations

import datetime
from typing import Any

from drakkar.api.time import time_or_none
from drakkar.controllers.machinery.clock import seconds_since

Object = dict[str, Any]


def phase(pod: Object) -> str:
    return (pod.get("status") or {}).get("phase") or "Pending"


def is_finished(pod: Object) -> bool:
    return phase(pod) in ("Succeeded", "Failed")


def is_active(pod: Object) -> bool:
    """Neither finished nor on its way out."""
    return not is_finished(pod) and not pod["metadata"].get("deletionTimestamp")


def is_scheduled(pod: Object) -> bool:
    return bool((pod.get("spec") or {}).get("nodeName"))


def _ready_condition(pod: Object) -> Object:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return next((condition for condition in conditions if condition.get("type") == "Ready"), {})


def is_ready(pod: Object) -> bool:
    return _ready_condition(pod).get("status") == "True"


def ready_since(pod: Object) -> datetime.datetime | None:
    return time_or_none(_ready_condition(pod).get("lastTransitionTime"))


def available_in(pod: Object, min_ready_seconds: int, moment: datetime.datetime) -> float | None:
    """Seconds until a ready pod counts as available, zero when it does; None for a pod that is not ready."""
    if not is_ready(pod):
        return None
    if not min_ready_seconds:
        return 0.0
    since = _ready_condition(pod).get("lastTransitionTime")
    if time_or_none(since) is None:
        return float(min_ready_seconds)
    return max(0.0, min_ready_seconds - seconds_since(since, moment))


def restarts(pod: Object) -> int:
    status = pod.get("status") or {}
    listed = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    return sum(int(entry.get("restartCount") or 0) for entry in listed)
