"""The tables of API services and of migrations of stored versions."""

from __future__ import annotations

import datetime
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.tables.cells import age, condition, part, rows
from drakkar.apiserver.tables.layout import AGE, Column, Layout

_OUTCOMES = ("Running", "Failed", "Succeeded")


def _service(obj: Object, now: datetime.datetime) -> list[Any]:
    found = part(obj, "spec", "service")
    named = f"{found.get('namespace', '')}/{found.get('name', '')}" if found else "Local"
    available = condition(obj, "Available")
    said = available.get("status") or "Unknown"
    if said != "True" and available.get("reason"):
        said = f"{said} ({available['reason']})"
    return [named, said, age(obj, now)]


def _migration(obj: Object, now: datetime.datetime) -> list[Any]:
    resource = part(obj, "spec", "resource")
    group = resource.get("group")
    name = resource.get("resource", "")
    holding = [
        one["type"]
        for one in rows(part(obj, "status"), "conditions")
        if one.get("status") == "True" and one.get("type") in _OUTCOMES
    ]
    called = part(obj, "metadata").get("name", "")
    return [called, f"{name}.{group}" if group else name, holding[-1] if holding else "Unknown"]


API_SERVICES = Layout(
    (
        Column("Service", description="Service that serves the version"),
        Column("Available", description="Whether the version can be asked"),
        AGE,
    ),
    _service,
)
MIGRATIONS = Layout(
    (
        Column("Name", description="Name of the migration"),
        Column("Resource", description="Resource whose objects are stored anew"),
        Column("Status", description="How far it is"),
    ),
    _migration,
    named=False,
)
