"""Types and sizes of custom objects from their structural schema, as upstream's rules of a definition have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from drakkar.cel import types
from drakkar.cel.objects.place import Place
from drakkar.cel.objects.schema import RESERVED, escape
from drakkar.cel.types import DYN, STRING, Type, list_of, map_of

Source = Mapping[str, Any]
# The bytes of the largest request, which nothing in it is larger than.
REQUEST: Final = 3 * 1024 * 1024
_ROOT: Final = "selfType"
_TEXT: Final[Source] = {"type": "string"}
_LONGEST_NAME: Final = 253
# Of texts of a format: the type, the least bytes as JSON, the most letters.
_FORMATS: Final = {
    "duration": (types.DURATION, 3, 32),
    "date": (types.TIMESTAMP, 12, 12),
    "date-time": (types.TIMESTAMP, 21, 32),
}
_SIMPLE: Final = {"boolean": (types.BOOL, 4), "number": (types.DOUBLE, 1), "integer": (types.INT, 1)}


class Structural:
    """The places of one schema; `structs` are the fields of the types that have fields."""

    def __init__(self, source: Source, resource: bool) -> None:
        """A `resource` has apiVersion, kind and names, whether its schema says so or not."""
        self.structs: dict[str, dict[str, Type]] = {}
        self.root = self._read(source, _ROOT, resource)

    def _read(self, source: Source, path: str, resource: bool) -> Place:
        found = self._typed(source, path, resource)
        found.nullable = bool(source.get("nullable"))
        found.preserved = bool(source.get("x-kubernetes-preserve-unknown-fields"))
        return found

    def _typed(self, source: Source, path: str, resource: bool) -> Place:
        longest = source.get("maxLength")
        if source.get("x-kubernetes-int-or-string"):
            most = REQUEST - 2 if longest is None else 4 * max(longest, 0)
            return Place("int-or-string", DYN, least=1, most=most)
        kind = source.get("type") or ""
        match kind:
            case "array":
                return self._list(source, path)
            case "object":
                return self._object(source, path, resource)
            case "string":
                return _text(source, longest)
            case _ if kind in _SIMPLE:
                type_, least = _SIMPLE[kind]
                return Place(kind, type_, least=least)
        return Place(kind)

    def _list(self, source: Source, path: str) -> Place:
        given = source.get("items")
        made = Place("array", list_type=source.get("x-kubernetes-list-type") or "")
        made.keys = tuple(source.get("x-kubernetes-list-map-keys") or ())
        if not isinstance(given, Mapping):
            return made
        items = made.items = self._child(given, f"{path}.@idx")
        if items.type is not None:
            made.type = list_of(items.type)
            made.most = _bounded(source.get("maxItems"), (REQUEST - 2) // (items.least + 1))
        return made

    def _child(self, source: Source, path: str) -> Place:
        return self._read(source, path, bool(source.get("x-kubernetes-embedded-resource")))

    def _object(self, source: Source, path: str, resource: bool) -> Place:
        made = Place("object")
        properties: Mapping[str, Source] = source.get("properties") or {}
        if resource:
            properties = _named(properties)
        additional = source.get("additionalProperties")
        if isinstance(additional, Mapping):
            values = made.values = self._child(additional, f"{path}.@elem")
            if not properties:
                if values.type is not None:
                    made.type = map_of(STRING, values.type)
                    made.most = _bounded(source.get("maxProperties"), (REQUEST - 2) // (values.least + 6))
                return made
        required = set(source.get("required") or ())
        fields: dict[str, Type] = {}
        for name, child in properties.items():
            written = escape(name)
            place = self._child(child, f"{path}.{name!r}" if written is None else f"{path}.{written}")
            made.fields[name] = place
            # One that cannot be written is known by its own name, so that it can be compared.
            made.escaped[written or name] = name
            if place.type is None:
                continue
            if written is not None:
                fields[written] = place.type
                if name in RESERVED:
                    # It may also be written as it is, where no syntax forbids that.
                    fields[name] = place.type
                    made.escaped[name] = name
            if name in required and child.get("default") is None:
                made.least += len(name.encode()) + place.least + 4
        self.structs[path] = fields
        made.type = Type("struct", path)
        return made


def _text(source: Source, longest: int | None) -> Place:
    named = source.get("format") or ""
    if named in _FORMATS:
        type_, least, most = _FORMATS[named]
        return Place("string", type_, named, least=least, most=most)
    if named == "byte":
        return Place("string", types.BYTES, named, most=_bounded(longest, REQUEST - 2))
    if longest is not None:
        # In letters, which may take four bytes each.
        return Place("string", STRING, most=4 * max(longest, 0))
    listed = source.get("enum") or ()
    if listed:
        return Place(
            "string",
            STRING,
            most=max((len(one.encode()) for one in listed if isinstance(one, str)), default=0),
        )
    return Place("string", STRING, most=REQUEST - 2)


def _bounded(bound: Any, otherwise: int) -> int:
    return otherwise if bound is None else max(int(bound), 0)


def _named(properties: Mapping[str, Source]) -> Mapping[str, Source]:
    """The fields with those that every resource has."""
    kind, version, meta = (properties.get(name) or {} for name in ("kind", "apiVersion", "metadata"))
    inside: Mapping[str, Source] = meta.get("properties") or {}
    names = ("name", "generateName")
    texts = [kind, version, *(inside.get(name) or {} for name in names)]
    if meta.get("type") == "object" and all(one.get("type") == "string" for one in texts):
        return properties
    capped = {name: _capped(inside.get(name) or {}, _LONGEST_NAME - at) for at, name in enumerate(names)}
    return {
        **properties,
        "kind": _TEXT,
        "apiVersion": _TEXT,
        "metadata": {"type": "object", "properties": capped},
    }


def _capped(source: Source, most: int) -> Source:
    given = source.get("maxLength")
    return {"type": "string", "maxLength": most if given is None else min(given, most)}
