"""The types that changes are written with: parts of an object by the way to them, and operations of a JSON patch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from drakkar.cel.types import DYN, STRING, Type

OBJECT: Final = Type("struct", "Object")
JSON_PATCH: Final = Type("struct", "JSONPatch")
# What may be called where these types are known, and nowhere else.
FUNCTIONS: Final = frozenset(("jsonpatch.escapeKey",))
_BELOW: Final = f"{OBJECT.name}."
_OPERATION: Final[Mapping[str, Type]] = {"op": STRING, "path": STRING, "from": STRING, "value": DYN}


def patch_type(name: str) -> Type | None:
    """The type of a name; whatever begins with `Object.` is a part of an object, whether there is such a part or not."""
    if name == JSON_PATCH.name:
        return JSON_PATCH
    if name == OBJECT.name:
        return OBJECT
    return Type("struct", name) if name.startswith(_BELOW) else None


def is_part(name: str) -> bool:
    """Whether a name is that of an object or a part of one."""
    return name == OBJECT.name or name.startswith(_BELOW)


def field_type(type_: Type, field: str) -> Type | None:
    """The type of a field; None where the type has none of that name. Of an object's parts nothing is known."""
    return _OPERATION.get(field) if type_ == JSON_PATCH else DYN
