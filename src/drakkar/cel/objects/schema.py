"""Types of objects from their OpenAPI schema: what an expression may select from them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from drakkar.cel import types
from drakkar.cel.types import DYN, STRING, Type, list_of, map_of

Schema = Mapping[str, Any]
_FORMATS: Final = {
    "byte": types.BYTES,
    "duration": types.DURATION,
    "date": types.TIMESTAMP,
    "date-time": types.TIMESTAMP,
}
_SIMPLE: Final = {"boolean": types.BOOL, "number": types.DOUBLE, "integer": types.INT}
_IDENTIFIER: Final = re.compile("[A-Za-z_][A-Za-z0-9_]*")
_NAMED: Final = {"name": STRING, "generateName": STRING}
# No built-in kind has as many types in it, one within the other.
_DEEPEST: Final = 40


class Declared:
    """The types of one document; `structs` are the fields of those that have fields."""

    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self._definitions = definitions
        self.structs: dict[str, dict[str, Type]] = {}

    def root(self, group: str, version: str, kind: str) -> Type | None:
        """The type of the objects of a kind; None where nothing is known of their fields."""
        name = self._named(group, version, kind)
        found = None if name is None else self._type(self._definitions[name], kind, (name,))
        if found is None or found.name not in self.structs:
            return None
        fields = self.structs[found.name]
        fields |= {"kind": STRING, "apiVersion": STRING}
        if "metadata" not in fields:
            fields["metadata"] = self._struct(f"{kind}.metadata", dict(_NAMED))
        return found

    def _named(self, group: str, version: str, kind: str) -> str | None:
        wanted = {"group": group, "version": version, "kind": kind}
        for name, schema in self._definitions.items():
            if wanted in (schema.get("x-kubernetes-group-version-kind") or ()):
                return name
        return None

    def _struct(self, path: str, fields: dict[str, Type]) -> Type:
        self.structs[path] = fields
        return Type("struct", path)

    def _type(self, schema: Schema, path: str, above: tuple[str, ...]) -> Type | None:
        """None for what an expression cannot name; what refers to itself has no fields there."""
        reference = _reference(schema)
        if reference:
            if reference in above or len(above) > _DEEPEST:
                return self._struct(path, {})
            target = self._definitions.get(reference)
            return None if target is None else self._type(target, path, (*above, reference))
        if schema.get("format") == "int-or-string" or schema.get("x-kubernetes-int-or-string"):
            return DYN
        if "oneOf" in schema or "anyOf" in schema:
            return DYN
        match schema.get("type"):
            case "array":
                items = self._type(schema.get("items") or {}, f"{path}.@idx", above)
                return None if items is None else list_of(items)
            case "object":
                return self._object(schema, path, above)
            case "string":
                return _FORMATS.get(str(schema.get("format") or ""), STRING)
            case kind:
                return _SIMPLE.get(str(kind))

    def _object(self, schema: Schema, path: str, above: tuple[str, ...]) -> Type | None:
        values = schema.get("additionalProperties")
        if isinstance(values, Mapping):
            found = self._type(values, f"{path}.@elem", above)
            return None if found is None else map_of(STRING, found)
        fields: dict[str, Type] = {}
        for name, part in (schema.get("properties") or {}).items():
            type_ = self._type(part, f"{path}.{name}", above)
            escaped = escape(name)
            if type_ is not None and escaped is not None:
                fields[escaped] = type_
        return self._struct(path, fields)


def _reference(schema: Schema) -> str:
    wrapped = schema.get("allOf") or []
    found = schema.get("$ref") or (wrapped[0].get("$ref") if len(wrapped) == 1 else None)
    return str(found).rsplit("/", 1)[-1] if found else ""


RESERVED: Final = frozenset(
    (
        *("true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if"),
        *("import", "let", "loop", "package", "namespace", "return", "var", "void", "while"),
    )
)
_ESCAPES: Final = {".": "__dot__", "-": "__dash__", "/": "__slash__"}


def escape(name: str) -> str | None:
    """A field's name as expressions write it; None for one that they cannot."""
    if name in RESERVED:
        return f"__{name}__"
    escaped = re.sub(r"__|[./-]", lambda found: _ESCAPES.get(found[0], "__underscores__"), name)
    return escaped if _IDENTIFIER.fullmatch(escaped) else None
