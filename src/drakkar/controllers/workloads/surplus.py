"""Which of too many pods go: those that are missed least."""

from __future__ import annotations

import datetime
from typing import Any

from drakkar.api.time import time_or_none
from drakkar.controllers.machinery.podstate import (
    SeenPod,
    is_ready,
    is_scheduled,
    phase,
    ready_since,
    restarts,
)

_DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
_NEVER = datetime.datetime.max.replace(tzinfo=datetime.UTC)


def _cost(pod: SeenPod) -> int:
    try:
        return int(pod.it.metadata.annotations.get(_DELETION_COST, "0"))
    except ValueError:
        return 0


def surplus(pods: list[SeenPod], count: int) -> list[SeenPod]:
    """Which `count` pods to delete: those that do not run yet, cost little, are young, share their node with many."""
    ready_on_node: dict[str, int] = {}
    for pod in pods:
        node = pod.it.spec.node_name
        ready_on_node[node] = ready_on_node.get(node, 0) + 1
    phases = {"Pending": 0, "Unknown": 1, "Running": 2}

    def worth(pod: SeenPod) -> tuple[Any, ...]:
        since = ready_since(pod) if is_ready(pod) else None
        created = time_or_none(pod.it.metadata.creation_timestamp)
        return (
            is_scheduled(pod),
            phases.get(phase(pod), 0),
            is_ready(pod),
            _cost(pod),
            -ready_on_node[pod.it.spec.node_name],
            -(since or _NEVER).timestamp(),
            -restarts(pod),
            -(created or _NEVER).timestamp(),
        )

    return sorted(pods, key=worth)[:count]
