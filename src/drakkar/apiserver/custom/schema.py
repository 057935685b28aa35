"""A structural schema, read once from a definition: what stands in it for decoding, defaults, patches and rules."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from drakkar.api.object import ObjectView
from drakkar.apiserver.custom.named_values import NamedValues
from drakkar.apiserver.custom.string_formats import is_supported

_KEPT = 64
MISSING: Any = object()
"""Stands where a schema has no default; null is one."""


# One is itself and no other: what is made of it is kept by it.
@dataclass(slots=True, eq=False)
class Schema:
    """What one place of an object may hold. Those in `all_of` and its like say what else a value must be.

    `additional` is the schema of a map's values, or whether fields beside `properties` are allowed, or None where
    nothing is said of them. `format` is empty where it is one that is not looked at.
    """

    source: ObjectView
    type: str = ""
    nullable: bool = False
    default: Any = MISSING
    properties: dict[str, Schema] = field(default_factory=dict)
    additional: Schema | bool | None = None
    items: Schema | None = None
    preserve: bool = False
    embedded: bool = False
    int_or_string: bool = False
    list_type: str = ""
    list_map_keys: tuple[str, ...] = ()
    map_type: str = ""
    rules: tuple[ObjectView, ...] = ()

    format: str = ""
    pattern: str = ""
    required: tuple[str, ...] = ()
    enum: NamedValues | None = None
    all_of: tuple[Schema, ...] = ()
    any_of: tuple[Schema, ...] = ()
    one_of: tuple[Schema, ...] = ()
    not_: Schema | None = None
    # The properties that have defaults, the bytes of this one's own, and each property's place among them.
    defaulted: tuple[str, ...] = ()
    default_size: int = 0
    places: dict[str, int] = field(default_factory=dict)

    @property
    def types(self) -> tuple[str, ...]:
        """The names of the types that a value may be of; empty for any."""
        if self.int_or_string:
            return ("integer", "string")
        return (self.type,) if self.type else ()

    @property
    def values(self) -> Schema | None:
        """The schema of what has no field of its own, or None."""
        return self.additional if isinstance(self.additional, Schema) else None

    def below(self, name: str) -> Schema | None:
        """The schema of a field, be it one of its own or a value of a map."""
        return self.properties.get(name) or self.values

    def bound(self, name: str) -> Any:
        """A bound such as `maxLength`, or None."""
        return self.source.get(name)


def read(source: ObjectView) -> Schema:
    """The schema of a JSON schema that has passed its rules."""
    additional = source.get("additionalProperties")
    items = source.get("items")
    made = Schema(
        source,
        type=source.get("type") or "",
        nullable=bool(source.get("nullable")),
        properties={name: read(child) for name, child in (source.get("properties") or {}).items()},
        additional=read(additional) if isinstance(additional, Mapping) else additional,
        items=read(items) if isinstance(items, Mapping) else None,
        preserve=bool(source.get("x-kubernetes-preserve-unknown-fields")),
        embedded=bool(source.get("x-kubernetes-embedded-resource")),
        int_or_string=bool(source.get("x-kubernetes-int-or-string")),
        list_type=source.get("x-kubernetes-list-type") or "",
        list_map_keys=tuple(source.get("x-kubernetes-list-map-keys") or ()),
        map_type=source.get("x-kubernetes-map-type") or "",
        rules=tuple(source.get("x-kubernetes-validations") or ()),
        pattern=source.get("pattern") or "",
        required=tuple(source.get("required") or ()),
        enum=NamedValues(source["enum"]) if source.get("enum") else None,
        all_of=tuple(map(read, source.get("allOf") or ())),
        any_of=tuple(map(read, source.get("anyOf") or ())),
        one_of=tuple(map(read, source.get("oneOf") or ())),
        not_=read(source["not"]) if source.get("not") is not None else None,
    )
    made.defaulted = tuple(name for name, one in made.properties.items() if one.default is not MISSING)
    made.places = {name: at for at, name in enumerate(made.properties)}
    named = source.get("format") or ""
    made.format = named if is_supported(named, made.types) else ""
    if source.get("default") is not None:
        made.default = source["default"]
        made.default_size = len(msgspec.json.encode(made.default))
    return made


class _Source:
    """A schema's source, which counts for nothing beside the digest that it is kept under."""

    def __init__(self, source: ObjectView) -> None:
        self.source = source

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Source)

    def __hash__(self) -> int:
        return 0


def remembered(source: ObjectView) -> Schema:
    """The schema of a source; of equal sources it may be the same, so that what is checked beside the loop need not be read
    again on it."""
    return _read(hashlib.sha256(msgspec.json.encode(source)).digest(), _Source(source))


@functools.lru_cache(_KEPT)
def _read(digest: bytes, source: _Source) -> Schema:
    return read(source.source)


def as_resource(schema: Schema) -> Schema:
    """The schema of a whole object, of which apiVersion, kind and metadata need not be said."""
    if schema.embedded:
        return schema
    return Schema(
        schema.source,
        type=schema.type,
        nullable=schema.nullable,
        default=schema.default,
        properties=schema.properties,
        additional=schema.additional,
        items=schema.items,
        preserve=schema.preserve,
        embedded=True,
        places=schema.places,
    )
