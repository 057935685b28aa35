"""The tables of Dynamic Resource Allocation."""

from __future__ import annotations

import datetime
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.tables.cells import NONE, age, condition, deleting, is_true, part, rows, since
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


def _pool_status(obj: Object, now: datetime.datetime) -> list[Any]:
    spec, status = part(obj, "spec"), part(obj, "status")
    pools = rows(status, "pools")
    names = ("totalDevices", "availableDevices", "allocatedDevices", "unavailableDevices")
    totals = [str(sum(pool.get(name) or 0 for pool in pools)) if status else "-" for name in names]
    errors = str(sum(bool(pool.get("validationError")) for pool in pools)) if status else "-"
    word = "Complete" if is_true(obj, "Complete") else "Failed" if is_true(obj, "Failed") else "Pending"
    ended = condition(obj, word).get("lastTransitionTime") if word != "Pending" else None
    count = status.get("poolCount", 0)
    return [spec.get("driver", ""), *totals, errors, count, word, since(ended, now) if ended else NONE]


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
POOL_STATUS = Layout(
    (
        Column("Driver", description="Driver whose pools are counted"),
        Column("Total", description="Devices in all pools"),
        Column("Available", description="Devices that can be allocated"),
        Column("Allocated", description="Devices in use"),
        Column("Unavailable", description="Devices that cannot be allocated now"),
        Column("Errors", description="Pools with an error"),
        Column("Pools", "integer", "Pools that match"),
        Column("Status", description="Whether the request was answered"),
        Column("Completed", description="Time since the answer"),
    ),
    _pool_status,
)
