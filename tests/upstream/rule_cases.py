"""All objects, new and changed, that both servers are asked about, by what they are for."""

from __future__ import annotations

import json

from . import (
    job_cases,
    object_cases,
    object_changes,
    other_cases,
    storage_cases,
    traffic_cases,
    workload_cases,
)
from .object_answers import Change, Creation, Object, name_of

CASES: list[Creation | Change] = [
    *object_cases.CASES,
    *object_changes.CASES,
    *workload_cases.CASES,
    *job_cases.CASES,
    *traffic_cases.CASES,
    *storage_cases.CASES,
    *other_cases.CASES,
]

_EMPTY = "an empty list or map is read as none, and shown or filled in as none"
_VOLUME = {"accessModes": ["ReadWriteOnce"], "capacity": {}, "hostPath": {"path": "/a"}}
_SCALED = {
    "scaleTargetRef": {"kind": "Deployment", "name": "d", "apiVersion": "apps/v1"},
    "maxReplicas": 3,
}


def _new(plural: str, spec: Object) -> str:
    return name_of(f"POST {json.dumps({'spec': spec})}", plural)


# Where ours says something else, and why.
DIFFERENT = {
    _new("ingresses", {"rules": []}): _EMPTY,
    _new("persistentvolumes", _VOLUME): _EMPTY,
    **{
        _new("horizontalpodautoscalers", {**_SCALED, "behavior": {direction: {"policies": []}}}): _EMPTY
        for direction in ("scaleUp", "scaleDown")
    },
}


def differs(name: str) -> bool:
    """Whether the case of this key is one of those."""
    return name.rsplit(" #", 1)[0] in DIFFERENT
