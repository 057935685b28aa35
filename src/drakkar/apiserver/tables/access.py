"""The tables of roles and of the bindings that grant them."""

from __future__ import annotations

import datetime
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.tables.cells import age, created, joined, part, rows
from drakkar.apiserver.tables.layout import AGE, CREATED_AT, Column, Layout


def _binding(obj: Object, now: datetime.datetime) -> list[Any]:
    role = part(obj, "roleRef")
    subjects = rows(obj, "subjects")

    def named(kind: str) -> str:
        return joined((s.get("name") for s in subjects if s.get("kind") == kind), ", ")

    accounts = [s for s in subjects if s.get("kind") == "ServiceAccount"]
    accounts_text = joined((f"{s.get('namespace', '')}/{s.get('name')}" for s in accounts), ", ")
    granted = f"{role.get('kind')}/{role.get('name')}"
    return [granted, age(obj, now), named("User"), named("Group"), accounts_text]


ROLES = Layout((CREATED_AT,), lambda obj, now: [created(obj)])
BINDINGS = Layout(
    (
        Column("Role", description="Role that is granted"),
        AGE,
        Column("Users", description="Users who get it", wide=True),
        Column("Groups", description="Groups that get it", wide=True),
        Column("ServiceAccounts", description="Service accounts that get it", wide=True),
    ),
    _binding,
)
