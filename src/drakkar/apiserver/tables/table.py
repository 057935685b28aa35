"""Renders objects as the Table that kubectl prints."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from drakkar.apiserver.tables import access, cluster, dra, network, pods, scaling, workloads
from drakkar.apiserver.tables.cells import age
from drakkar.apiserver.tables.layout import AGE, Column, Layout, Object

API_VERSION = "meta.k8s.io/v1"
_ANY = Layout((AGE,), lambda obj, now: [age(obj, now)])
LAYOUTS: dict[tuple[str, str], Layout] = {
    **access.LAYOUTS,
    **cluster.LAYOUTS,
    **dra.LAYOUTS,
    **network.LAYOUTS,
    **pods.LAYOUTS,
    **scaling.LAYOUTS,
    **workloads.LAYOUTS,
}
# An event's name comes last, and the first column of kubectl's listing is when it was seen.
_WITHOUT_LEADING_NAME = frozenset({("", "Event"), ("events.k8s.io", "Event")})


def _definition(column: Column, form: str = "") -> Object:
    return {
        "name": column.name,
        "type": column.type,
        "format": form,
        "description": column.description,
        "priority": int(column.wide),
    }


def columns(group: str, kind: str) -> list[Object]:
    """The column definitions of a kind."""
    result = [_definition(c, "name" if c.name == "Name" else "") for c in _layout(group, kind).columns]
    if (group, kind) in _WITHOUT_LEADING_NAME:
        return result
    return [
        _definition(Column("Name", description="Name of the object, unique in its namespace"), "name"),
        *result,
    ]


def _layout(group: str, kind: str) -> Layout:
    return LAYOUTS.get((group, kind), _ANY)


def _embedded(obj: Object, include_object: str) -> Object | None:
    match include_object:
        case "Metadata":
            metadata = obj.get("metadata") or {}
            return {"kind": "PartialObjectMetadata", "apiVersion": API_VERSION, "metadata": metadata}
        case "Object":
            return obj
        case "None":
            return None
        case _:
            raise ValueError(f"includeObject must be Metadata, Object or None, not {include_object!r}")


def render(
    group: str,
    kind: str,
    objects: Iterable[Object],
    now: datetime.datetime,
    *,
    list_meta: Object | None = None,
    include_object: str = "Metadata",
) -> Object:
    """A Table of objects of one kind; a list's metadata becomes the table's, else that of the only object."""
    objects = list(objects)
    layout = _layout(group, kind)
    named = (group, kind) not in _WITHOUT_LEADING_NAME
    rows: list[Object] = []
    for obj in objects:
        metadata = obj.get("metadata") or {}
        cells: list[Any] = [metadata.get("name", "")] if named else []
        row: Object = {"cells": cells + layout.cells(obj, now)}
        embedded = _embedded(obj, include_object)
        if embedded is not None:
            row["object"] = embedded
        rows.append(row)
    if list_meta is None:
        version = (objects[0].get("metadata") or {}).get("resourceVersion") if len(objects) == 1 else None
        list_meta = {"resourceVersion": version} if version else {}
    return {
        "kind": "Table",
        "apiVersion": API_VERSION,
        "metadata": list_meta,
        "columnDefinitions": columns(group, kind),
        "rows": rows,
    }


__all__ = ["API_VERSION", "LAYOUTS", "columns", "render"]
