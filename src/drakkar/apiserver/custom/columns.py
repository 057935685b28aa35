"""What kubectl shows of objects of a custom kind: their names, and the columns that the definition asks for."""

from __future__ import annotations

import datetime
import json
from typing import Any

from drakkar.api.object import Object, ObjectView
from drakkar.api.time import time_or_none
from drakkar.apiserver.custom.simple_path import PathError, Purse, SpentError, Steps, first, is_dear, parsed
from drakkar.apiserver.schema import schemas
from drakkar.apiserver.schema.schemas import OBJECT_META
from drakkar.apiserver.tables import cells
from drakkar.apiserver.tables.layout import Column, Layout
from drakkar.cel.library.number_text import shortest

# What a row may look at and tell: values on the way of its paths, and letters. A cell has half of what is left.
_ROW = 1 << 18
_TOO_LONG = "<too long>"
# What a column of fields alone weighs, and one that looks for what it shows.
_PLAIN, _DEAR = 512, 1 << 15
_AGE: ObjectView = {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}


def layout(columns: list[Object]) -> Layout:
    """The table of a version; without columns of its own it has the age."""
    age = {**_AGE, "description": schemas.description(OBJECT_META, "creationTimestamp")}
    wanted = columns or [age]
    try:
        paths = [parsed(one.get("jsonPath") or "") for one in wanted]
    except PathError:
        return Layout((), lambda obj, now: [])
    described = tuple(
        Column(
            one.get("name") or "",
            one.get("type") or "",
            one.get("description") or _said(one),
            priority=int(one.get("priority") or 0),
            form=one.get("format") or "",
        )
        for one in wanted
    )
    kinds = [one.get("type") or "" for one in wanted]

    def row(obj: Object, now: datetime.datetime) -> list[Any]:
        return _row(obj, paths, kinds, now)

    return Layout(described, row, weight=sum(_DEAR if is_dear(steps) else _PLAIN for steps in paths))


def _row(obj: Object, paths: list[Steps], kinds: list[str], now: datetime.datetime) -> list[Any]:
    made: list[Any] = []
    left = _ROW
    for steps, kind in zip(paths, kinds, strict=True):
        purse = Purse(left // 2)
        try:
            made.append(_cell(obj, steps, kind, now, purse))
        except SpentError:
            made.append(_TOO_LONG if kind == "string" else None)
        left -= left // 2 - max(purse.left, 0)
    return made


def _said(column: Object) -> str:
    return f"Custom resource definition column (in JSONPath format): {column.get('jsonPath')}"


def _cell(obj: Object, steps: Steps, kind: str, now: datetime.datetime, purse: Purse) -> Any:
    there, value = first(obj, steps, purse)
    if not there:
        return None
    match kind:
        case "string":
            _pay(value, purse)
            return _text(value)
        case "boolean":
            return value if isinstance(value, bool) else None
        case "integer" if isinstance(value, int | float) and not isinstance(value, bool):
            return int(value)
        case "number" if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        case "date" if isinstance(value, str):
            found = time_or_none(value)
            return "<invalid>" if found is None else cells.since(value, now)
    return None


def _pay(value: Any, purse: Purse) -> None:
    """Spend what the text of a value comes to; SpentError."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            purse.spend(len(one) + 1)
        elif isinstance(one, dict):
            purse.spend(sum(map(len, one)) + 4 * len(one) + 1)
            waiting += one.values()
        elif isinstance(one, list):
            purse.spend(len(one) + 1)
            waiting += one
        else:
            purse.spend(4)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return shortest(value)
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return str(value)
