"""Conditions of workload statuses."""

from __future__ import annotations

import datetime

from drakkar.api.object import Object
from drakkar.api.time import time_text


def conditions_in(status: Object) -> list[Object]:
    """Those of a status in its plain form."""
    return status.get("conditions") or []


def find(conditions: list[Object], kind: str) -> Object | None:
    return next((condition for condition in conditions if condition["type"] == kind), None)


def is_true(conditions: list[Object], kind: str) -> bool:
    found = find(conditions, kind)
    return found is not None and found.get("status") == "True"


def with_condition(
    conditions: list[Object],
    kind: str,
    status: str,
    reason: str,
    message: str,
    moment: datetime.datetime,
    second_time: str = "lastUpdateTime",
) -> list[Object]:
    """The conditions with this one set. It moves, and its times change, only if its status or reason differs."""
    old = find(conditions, kind)
    if old is not None and (old["status"], old.get("reason")) == (status, reason):
        if old.get("message") == message:
            return conditions
        return [{**entry, "message": message} if entry is old else entry for entry in conditions]
    changed = time_text(moment)
    since = old["lastTransitionTime"] if old is not None and old["status"] == status else changed
    new = {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": since,
        second_time: changed,
    }
    return [*(entry for entry in conditions if entry is not old), new]


def without_condition(conditions: list[Object], kind: str) -> list[Object]:
    return [condition for condition in conditions if condition["type"] != kind]
