"""Puts the defaults of a schema into an object."""

from __future__ import annotations

import copy
from typing import Any

from drakkar.apiserver.custom.schema import MISSING, Schema


def fill(value: Any, schema: Schema | None) -> None:
    """Fill in place what is absent, or null where null is not allowed; what is filled in is filled as well."""
    if schema is None:
        return
    if isinstance(value, dict):
        for name, child in schema.properties.items():
            if child.default is not MISSING and (name not in value or _empty(value[name], child)):
                value[name] = copy.deepcopy(child.default)
        for name, one in value.items():
            child_or_none = schema.below(name)
            if child_or_none is not None and name not in schema.properties and _empty(one, child_or_none):
                value[name] = one = _default(child_or_none)
            fill(one, child_or_none)
    elif isinstance(value, list):
        items = schema.items
        if items is None:
            return
        for at, one in enumerate(value):
            if _empty(one, items):
                value[at] = one = _default(items)
            fill(one, items)


def _empty(value: Any, schema: Schema) -> bool:
    return value is None and not schema.nullable


def _default(schema: Schema) -> Any:
    return None if schema.default is MISSING else copy.deepcopy(schema.default)
