"""Events come in two groups with other names for the same fields; here are both ways between them."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]

# Name in events.k8s.io, name in the core group.
_NAMES = (
    ("regarding", "involvedObject"),
    ("note", "message"),
    ("reportingController", "reportingComponent"),
    ("deprecatedSource", "source"),
    ("deprecatedFirstTimestamp", "firstTimestamp"),
    ("deprecatedLastTimestamp", "lastTimestamp"),
    ("deprecatedCount", "count"),
)
_TO_CORE = dict(_NAMES)
_FROM_CORE = {core: new for new, core in _NAMES}


def to_core(event: Object) -> Object:
    """A core event from one of events.k8s.io."""
    return {_TO_CORE.get(name, name): value for name, value in event.items()}


def from_core(event: Object) -> Object:
    """An event of events.k8s.io from a core one."""
    return {_FROM_CORE.get(name, name): value for name, value in event.items()}
