"""Renders objects as the Table that kubectl prints."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.schema import schemas
from drakkar.apiserver.schema.schemas import OBJECT_META
from drakkar.apiserver.tables.cells import created
from drakkar.apiserver.tables.layout import CREATED_AT, Column, Layout

API_VERSION = "meta.k8s.io/v1"
# What is shown of a kind that says no more.
ANY = Layout((CREATED_AT,), lambda obj, now: [created(obj)])
_NAME = Column("Name", description=schemas.description(OBJECT_META, "name"), form="name")


def _definition(column: Column) -> Object:
    return {
        "name": column.name,
        "type": column.type,
        "format": column.form,
        "description": column.description,
        "priority": column.priority or int(column.wide),
    }


def columns(layout: Layout) -> list[Object]:
    """The column definitions of a table."""
    return [_definition(one) for one in ((_NAME, *layout.columns) if layout.named else layout.columns)]


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
    layout: Layout,
    objects: Iterable[Object],
    now: datetime.datetime,
    *,
    list_meta: Object | None = None,
    include_object: str = "Metadata",
) -> Object:
    """A Table of objects of one kind; a list's metadata becomes the table's, else that of the only object."""
    objects = list(objects)
    rows: list[Object] = []
    for obj in objects:
        metadata = obj.get("metadata") or {}
        cells: list[Any] = [metadata.get("name", "")] if layout.named else []
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
        "columnDefinitions": columns(layout),
        "rows": rows,
    }


__all__ = ["ANY", "API_VERSION", "columns", "render"]
