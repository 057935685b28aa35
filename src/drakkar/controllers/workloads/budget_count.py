"""How many pods of a disruption budget there are, should be, and may go; pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from drakkar.api.workloads import DisruptionBudgetSpec
from drakkar.controllers.machinery.clock import seconds_since
from drakkar.controllers.machinery.podstate import SeenPod, is_ready
from drakkar.controllers.workloads.rollout import resolve

# So long an eviction that was granted is waited for.
DELETION_SECONDS = 120.0


class Target(NamedTuple):
    """How many pods there are to be, and how many of them must be well."""

    expected: int
    healthy: int


def needs_scale(spec: DisruptionBudgetSpec) -> bool:
    """Whether it hangs on how many pods their controllers want; else the pods that are there are those that count."""
    return spec.max_unavailable is not None or isinstance(spec.min_available, str)


def target(spec: DisruptionBudgetSpec, expected: int) -> Target:
    """Of a budget of so many pods; without a number in it all may go."""
    if spec.max_unavailable is not None:
        return Target(expected, max(0, expected - resolve(spec.max_unavailable, expected, True)))
    return Target(expected, resolve(spec.min_available, expected, True))


class Disrupted(NamedTuple):
    """Evictions that are waited for, by pod; pods for which that was in vain; seconds until the next will have been, if any."""

    awaited: dict[str, str]
    overdue: list[SeenPod]
    next: float | None


def disrupted(granted: Mapping[str, str], pods: Iterable[SeenPod], moment: datetime.datetime) -> Disrupted:
    """What has become of the evictions that were granted; `granted` has the time of each."""
    awaited: dict[str, str] = {}
    overdue: list[SeenPod] = []
    pauses: list[float] = []
    for pod in pods:
        since = granted.get(pod.key.name)
        if since is None or pod.is_deleting:
            continue
        left = DELETION_SECONDS - seconds_since(since, moment)
        if left < 0:
            overdue.append(pod)
            continue
        awaited[pod.key.name] = since
        pauses.append(left)
    return Disrupted(awaited, overdue, min(pauses, default=None))


def healthy(pods: Iterable[SeenPod], awaited: Mapping[str, str]) -> int:
    """How many are ready, without those that are on their way out."""
    return sum(not pod.is_deleting and pod.key.name not in awaited and is_ready(pod) for pod in pods)


def allowed(current: int, target: Target) -> int:
    """How many more may go. None of no pods: the first of them are not to go at once."""
    return max(0, current - target.healthy) if target.expected > 0 else 0
