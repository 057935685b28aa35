"""All objects, new and changed, that both servers are asked about, by what they are for."""

from __future__ import annotations

from . import object_cases, object_changes, traffic_cases, workload_cases
from .object_answers import Change, Creation

CASES: list[Creation | Change] = [
    *object_cases.CASES,
    *object_changes.CASES,
    *workload_cases.CASES,
    *traffic_cases.CASES,
]

# Where ours says something else, and why.
DIFFERENT = {
    'ingresses POST {"spec": {"rules": []}}': "an empty list is read as none, and shown as none",
}


def differs(name: str) -> bool:
    """Whether the case of this key is one of those."""
    return name.rsplit(" #", 1)[0] in DIFFERENT
