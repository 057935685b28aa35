"""The table of definitions of custom kinds."""

from __future__ import annotations

import datetime
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.tables.cells import is_true, part, rows
from drakkar.apiserver.tables.layout import Column, Layout


def _cells(obj: Object, now: datetime.datetime) -> list[Any]:
    spec, names = part(obj, "spec"), part(obj, "spec", "names")
    versions = [
        f"{one.get('name')}(storage)" if one.get("storage") else str(one.get("name"))
        for one in rows(spec, "versions")
        if one.get("served")
    ]
    return [
        spec.get("scope", ""),
        ",".join(sorted(versions)),
        part(obj, "metadata").get("creationTimestamp", ""),
        spec.get("group", ""),
        names.get("kind", ""),
        ",".join(names.get("shortNames") or ()),
        is_true(obj, "Established"),
    ]


DEFINITIONS = Layout(
    (
        Column("Scope", description="Cluster/Namespaced"),
        Column("Versions", description="Served versions"),
        Column("Created At", "date", "When the definition was made"),
        Column("Group", description="API group", wide=True),
        Column("Kind", description="CustomResource kind", wide=True),
        Column("ShortNames", description="Short names", wide=True),
        Column("Established", "boolean", "Established status", wide=True),
    ),
    _cells,
)
