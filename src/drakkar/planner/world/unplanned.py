"""What pods ask for that the planner does not look at."""

from __future__ import annotations

from collections.abc import Iterable

from drakkar.api.core import DEFAULT_SCHEDULER, Pod


def not_considered(pods: Iterable[Pod]) -> list[str]:
    """Each thing once."""
    found: dict[str, None] = {}
    for pod in pods:
        spec = pod.spec
        spreads = spec.topology_spread_constraints
        for used, what in (
            (
                spec.affinity.pod_affinity.preferred or spec.affinity.pod_anti_affinity.preferred,
                "preferred affinity between pods",
            ),
            (
                any(one.when_unsatisfiable == "ScheduleAnyway" for one in spreads),
                "topology spread constraints that may be missed",
            ),
            (spec.scheduler_name not in ("", DEFAULT_SCHEDULER), f"scheduler {spec.scheduler_name}"),
            (any("persistentVolumeClaim" in one or "ephemeral" in one for one in spec.volumes), "volumes"),
        ):
            if used:
                found[what] = None
    return list(found)
