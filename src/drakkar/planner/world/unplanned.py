"""What pods ask for that the planner does not look at."""

from __future__ import annotations

from collections.abc import Iterable

from drakkar.api.core import DEFAULT_SCHEDULER, Pod


def not_considered(pods: Iterable[Pod]) -> list[str]:
    """Each thing once."""
    found: dict[str, None] = {}
    for pod in pods:
        spec = pod.spec
        for used, what in (
            (spec.scheduler_name not in ("", DEFAULT_SCHEDULER), f"scheduler {spec.scheduler_name}"),
        ):
            if used:
                found[what] = None
    return list(found)
