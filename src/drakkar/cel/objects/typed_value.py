"""Values of JSON as rules see them, by the place they stand at."""

from __future__ import annotations

import functools
from typing import Any

from drakkar.cel.objects.formatted import formatted
from drakkar.cel.objects.place import Place
from drakkar.cel.objects.schema import escape
from drakkar.cel.outcome import Fault
from drakkar.cel.typed import MapList, SetList, TypedList, TypedMap, Unseen

_GO_TYPES = {
    bool: "bool",
    int: "int64",
    float: "float64",
    str: "string",
    list: "[]interface {}",
    dict: "map[string]interface {}",
}


def typed(value: Any, place: Place) -> Any:
    """The value; Fault where it is not what its place says."""
    if value is None:
        if place.nullable:
            return None
        raise Fault("invalid data, got null for schema with nullable=false")
    kind = type(value)
    match place.kind:
        case "string" if kind is str:
            return formatted(value, place.format) if place.format else value
        case "integer" if kind is int:
            return value
        case "number" if kind is float or kind is int:
            return float(value)
        case "boolean" if kind is bool:
            return value
        case "object" if kind is dict:
            return _map(value, place)
        case "array" if kind is list:
            return _list(value, place)
        case "int-or-string" if kind is str or kind is int:
            return value
    return _unseen(value, place)


def _unseen(value: Any, place: Place) -> Unseen:
    match place.kind:
        case "int-or-string":
            raise Fault("invalid data, expected XIntOrString value to be either a string or integer")
        case "object":
            raise Fault("invalid data, expected a map for the provided schema with type=object")
        case "array":
            raise Fault("invalid data, expected an array for the provided schema with type=array")
        case "string" | "number" | "integer" | "boolean":
            wanted = {"number": "float", "integer": "int", "boolean": "bool"}.get(place.kind, place.kind)
            raise Fault(f"invalid data, expected {wanted}, got {_GO_TYPES.get(type(value), '<nil>')}")
    if place.preserved:
        return Unseen(value)
    raise Fault(
        "invalid type, expected object, array, number, integer, boolean or string, or no type with "
        f"x-kubernetes-int-or-string or x-kubernetes-preserve-unknown-fields is true, got {place.kind}"
    )


def _list(value: list[Any], place: Place) -> TypedList:
    if place.items is None:
        raise Fault("invalid array type, expected Items with a non-empty Schema")
    items = [typed(one, place.items) for one in value]
    if place.list_type == "set":
        return SetList(items)
    if place.list_type == "map":
        return MapList(items, tuple(escape(key) or key for key in place.keys))
    return TypedList(items)


def _map(value: dict[str, Any], place: Place) -> TypedMap:
    if place.fields:
        return TypedMap(
            value, place.escaped.get, functools.partial(_shown, place), functools.partial(_field, place)
        )
    if place.values is not None:
        values = place.values
        return TypedMap(value, str, str, lambda _, raw: (typed(raw, values),))
    return TypedMap(value, str, lambda _: None, lambda _, __: None)


def _shown(place: Place, name: str) -> str | None:
    """How expressions write a field; None for one that the schema has not."""
    return (escape(name) or name) if name in place.fields else None


def _field(place: Place, name: str, raw: Any) -> tuple[Any] | None:
    # A field that is null is as one that is not there.
    return None if raw is None else (typed(raw, place.fields[name]),)
