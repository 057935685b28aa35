"""Whether a configuration that is to be applied consists of what its schema declares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drakkar.apiserver.custom.where import ROOT, Where
from drakkar.apiserver.patch.errors import PatchError
from drakkar.apiserver.patch.field_paths import describe, element
from drakkar.apiserver.patch.go_value import GoValue
from drakkar.apiserver.schema.node import SchemaNode
from drakkar.cel.library.number_text import shortest

_MOST = 100
# How an item is called that Go has no name for.
_UNNAMED = "[={{undefined}}]"
_KINDS = {"integer": "numeric", "number": "numeric", "string": "string", "boolean": "boolean"}


def complaints(value: Any, schema: SchemaNode) -> list[str]:
    """What is not declared, or of another type, with its path; nothing where all is well."""
    found: list[str] = []
    _look(value, schema, ROOT, found)
    return found[:_MOST]


def listed(found: Sequence[str]) -> str:
    """Complaints as one text."""
    return found[0] if len(found) == 1 else "\n  ".join(["errors:", *found])


def _look(value: Any, schema: SchemaNode, path: Where, found: list[str]) -> None:
    node = schema.node
    kind = node.get("type")
    if value is None or len(found) >= _MOST:
        return
    if node.get("x-kubernetes-int-or-string") or (kind is None and not node.get("properties")):
        if isinstance(value, GoValue):
            found.append(f"{path}: expected map, got {_printed(value)}")
        return
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), None)
    wrong = _wrong(value, kind, bool(node.get("x-kubernetes-preserve-unknown-fields")))
    if wrong:
        found.append(f"{path}: {wrong}")
    elif isinstance(value, dict):
        _map(value, schema, path, found)
    elif isinstance(value, list):
        _list(value, schema, path, found)


def _wrong(value: Any, kind: Any, preserve: bool) -> str:
    if kind in (None, "object"):
        fits = isinstance(value, dict) or (kind is None and not isinstance(value, GoValue))
        return "" if fits else f"expected map, got {_printed(value)}"
    if kind == "array":
        return "" if isinstance(value, list) else f"expected list, got {_printed(value)}"
    wanted = _KINDS.get(kind, "")
    if wanted == "numeric":
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        return "" if fits else f"expected numeric (int or float), got {_go_type(value)}"
    if wanted == "string":
        return (
            ""
            if isinstance(value, str)
            else f"expected string, got &value.valueUnstructured{{Value:{_literal(value)}}}"
        )
    return "" if not wanted or isinstance(value, bool) else f"expected boolean, got {_printed(value)}"


def _go_type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    if isinstance(value, GoValue):
        return value.go_type
    return "map[string]interface {}" if isinstance(value, dict) else "[]interface {}"


def _printed(value: Any) -> str:
    """As Go prints what it holds the value in."""
    return f"&{{{_go(value)}}}"


def _literal(value: Any) -> str:
    return value.literal if isinstance(value, GoValue) else _go(value)


def _go(value: Any) -> str:
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{_go(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(_go, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return shortest(value)
    return "<nil>" if value is None else str(value)


def _map(value: dict[str, Any], schema: SchemaNode, path: Where, found: list[str]) -> None:
    node = schema.node
    properties = node.get("properties") or {}
    loose = node.get("additionalProperties") or node.get("x-kubernetes-preserve-unknown-fields")
    for name, one in value.items():
        here = path.dotted(name)
        if name not in properties and not loose:
            if len(found) < _MOST and (properties or node.get("type") == "object"):
                found.append(f"{here}: field not declared in schema")
            continue
        _look(one, schema.property(name), here, found)


def _list(value: list[Any], schema: SchemaNode, path: Where, found: list[str]) -> None:
    items, seen = schema.items(), set()
    for at, one in enumerate(value):
        if len(found) >= _MOST:
            return
        here = f"[{at}]"
        if schema.list_type == "set" and isinstance(one, GoValue):
            here = _UNNAMED
        elif schema.list_type in ("map", "set"):
            try:
                name = element(one, schema)
            except PatchError as failure:
                found.append(f"{path}: element {at}: {failure.message}")
                continue
            here = describe((name,))
            if name in seen:
                found.append(f"{path}: duplicate entries for key {here}")
            seen.add(name)
        _look(one, items, path.then(here), found)
