"""The tables of Dynamic Resource Allocation."""

from __future__ import annotations

import datetime
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.tables.cells import NONE, age, deleting, part, since
from drakkar.apiserver.tables.layout import AGE, Column, Layout


def claim_state(claim: Object) -> str:
    """Whether a claim is deleted, allocated and reserved."""
    status = part(claim, "status")
    states = ["deleted"] if deleting(claim) else []
    if status.get("allocation") is None:
        states = states or ["pending"]
    else:
        states.append("allocated")
        if status.get("reservedFor"):
            states.append("reserved")
    return ",".join(states)


def _claim(obj: Object, now: datetime.datetime) -> list[Any]:
    return [claim_state(obj), age(obj, now)]


def _slice(obj: Object, now: datetime.datetime) -> list[Any]:
    spec = part(obj, "spec")
    node = spec.get("nodeName") or NONE
    return [node, spec.get("driver", ""), part(spec, "pool").get("name", ""), age(obj, now)]


def _rule(obj: Object, now: datetime.datetime) -> list[Any]:
    taint = part(obj, "spec", "taint")
    added = since(taint.get("timeAdded"), now)
    return [taint.get("key", ""), taint.get("value", ""), taint.get("effect", ""), added, age(obj, now)]


CLAIMS = Layout((Column("State", description="Whether the claim is allocated and reserved"), AGE), _claim)
SLICES = Layout(
    (
        Column("Node", description="Node whose devices the slice lists"),
        Column("Driver", description="Driver of the devices"),
        Column("Pool", description="Pool that the slice belongs to"),
        AGE,
    ),
    _slice,
)
TAINT_RULES = Layout(
    (
        Column("Key", description="Key of the taint"),
        Column("Value", description="Value of the taint"),
        Column("Effect", description="What the taint does"),
        Column("TimeAdded", description="Time since the taint was added"),
        AGE,
    ),
    _rule,
)
