"""Which parts of a configuration would take the place of what is there as a whole."""

from __future__ import annotations

from typing import Any

from drakkar.apiserver.patch.field_paths import granular
from drakkar.apiserver.schema.node import SchemaNode


def atomic_parts(value: Any, schema: SchemaNode) -> list[str]:
    """The ways to all lists, maps and structs that are owned as one value, by the fields that the schema declares; values of
    maps are not looked into, as upstream has it."""
    found: list[str] = []
    _look(value, schema, "", found)
    return found


def _look(value: Any, schema: SchemaNode, path: str, found: list[str]) -> None:
    if not isinstance(value, dict | list):
        return
    if not granular(value, schema):
        found.append(path)
    if isinstance(value, dict):
        declared = schema.node.get("properties") or {}
        for name, one in value.items():
            if name in declared:
                _look(one, schema.property(name), f"{path}.{name}", found)
    else:
        items = schema.items()
        for at, one in enumerate(value):
            _look(one, items, f"{path}[{at}]", found)
