"""The conditions of a definition."""

from __future__ import annotations

from typing import Any

from drakkar.api.object import Object

CLEANUP = "customresourcecleanup.apiextensions.k8s.io"


def condition(definition: Object, kind: str) -> Object | None:
    """The condition of a type, or None."""
    conditions: list[Object] = (definition.get("status") or {}).get("conditions") or []
    return next((one for one in conditions if one.get("type") == kind), None)


def is_true(definition: Object, kind: str) -> bool:
    """Whether a condition holds."""
    found = condition(definition, kind)
    return found is not None and found.get("status") == "True"


def is_false(definition: Object, kind: str) -> bool:
    """Whether a condition is known not to hold."""
    found = condition(definition, kind)
    return found is not None and found.get("status") == "False"


def with_condition(definition: Object, kind: str, status: str, reason: str, message: str, now: str) -> Object:
    """The definition with a condition; the time of its last change stays where it was so before."""
    before = condition(definition, kind)
    since = before["lastTransitionTime"] if before and before.get("status") == status else now
    new: dict[str, Any] = {
        "type": kind,
        "status": status,
        "lastTransitionTime": since,
        "reason": reason,
        "message": message,
    }
    given = definition.get("status") or {}
    conditions = list(given.get("conditions") or ())
    for at, one in enumerate(conditions):
        if one.get("type") == kind:
            conditions[at] = new
            break
    else:
        conditions.append(new)
    return {**definition, "status": {**given, "conditions": conditions}}
