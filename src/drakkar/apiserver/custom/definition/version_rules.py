"""What stands beside the schema of a version: subresources, printer columns, fields to select by, a deprecation."""

from __future__ import annotations

import re

from drakkar.api.go_quoting import is_printable
from drakkar.api.object import Object
from drakkar.apiserver.custom.schema import Schema
from drakkar.validation import formats
from drakkar.validation.field_error import Findings

_COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")
_COLUMN_FORMATS = ("byte", "date", "date-time", "double", "float", "int32", "int64", "password")
_MOST_SELECTABLE = 8
_SELECTABLE_TYPES = ("string", "boolean", "integer")
_WRONG_FIELD = (
    "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are "
    "allowed."
)
_TOKENS = re.compile(r"'(?:\\.|[^'\\])*'|[.\[\]]|[^.\[\]']+|'.*", re.DOTALL)


def deprecation(found: Findings, version: Object, path: str) -> None:
    """The warning of a version that is deprecated."""
    warning, here = version.get("deprecationWarning"), f"{path}.deprecationWarning"
    if warning is None:
        return
    if not version.get("deprecated"):
        found.invalid(here, warning, "can only be set for deprecated versions", typed=True)
        return
    if formats.size(warning) > 256:
        found.invalid(here, warning, "must be <= 256 characters long", typed=True)
    if not warning:
        found.invalid(here, warning, "must not be an empty string", typed=True)
    for at, one in enumerate(warning):
        if not is_printable(one):
            where = formats.size(warning[:at])
            said = f"must only contain printable UTF-8 characters; non-printable character found at index {where}"
            found.invalid(here, warning, said, typed=True)
            break


def subresources(found: Findings, given: Object | None, path: str) -> None:
    """Where the scale of an object stands."""
    scale = (given or {}).get("scale")
    if scale is None:
        return
    for name, start, required in (
        ("specReplicasPath", ".spec", True),
        ("statusReplicasPath", ".status", True),
        ("labelSelectorPath", "", False),
    ):
        value, here = scale.get(name) or "", f"{path}.scale.{name}"
        pointer = not required
        if not value:
            if required:
                found.required(here)
        elif not value.startswith("."):
            found.invalid(here, value, "must be a simple json path starting with .")
        elif start and not value.startswith(f"{start}."):
            found.invalid(here, value, f"should be a json path under {start}")
        elif not start and not value.startswith((".spec.", ".status.")):
            said = "should be a json path under either .spec or .status"
            found.invalid(here, value, said, typed=pointer)


def column(found: Findings, given: Object, path: str) -> None:
    """One printer column."""
    if not given.get("name"):
        found.required(f"{path}.name")
    kind, listed = given.get("type") or "", ",".join(_COLUMN_TYPES)
    if not kind:
        found.required(f"{path}.type", f"must be one of {listed}")
    elif kind not in _COLUMN_TYPES:
        found.invalid(f"{path}.type", kind, f"must be one of {listed}")
    named = given.get("format") or ""
    if named and named not in _COLUMN_FORMATS:
        found.invalid(f"{path}.format", named, f"must be one of {','.join(_COLUMN_FORMATS)}")
    json_path = given.get("jsonPath") or ""
    if not json_path:
        found.required(f"{path}.JSONPath")
    elif not json_path.startswith("."):
        found.invalid(f"{path}.JSONPath", json_path, "must be a simple json path starting with .")


def selectable(found: Findings, given: list[Object], schema: Schema | None, path: str) -> None:
    """The fields that objects are selected by; `schema` is None where it cannot be read."""
    seen: set[str] = set()
    for at, one in enumerate(given):
        here, json_path = f"{path}[{at}].jsonPath", one.get("jsonPath") or ""
        if not json_path:
            found.required(here)
            continue
        if schema is None:
            continue
        target, why = _resolved(json_path, schema)
        if target is None:
            found.invalid(here, json_path, f"is an invalid path: {why}")
            continue
        if json_path.removeprefix(".").split(".")[0] == "metadata":
            found.invalid(here, json_path, "must not point to fields in metadata")
        if target.type not in _SELECTABLE_TYPES:
            found.invalid(here, json_path, _WRONG_FIELD)
        if json_path in seen:
            found.duplicate(here, json_path)
        seen.add(json_path)
    if len(seen) > _MOST_SELECTABLE:
        found.too_many(path, len(seen), _MOST_SELECTABLE)


def _resolved(path: str, schema: Schema) -> tuple[Schema | None, str]:
    """The schema that a path leads to, or why there is none."""
    tokens = iter(_TOKENS.findall(path))
    current: Schema = schema
    for token in tokens:
        if token == "[":
            return None, "array notation is not allowed"
        if token != ".":
            return None, f"expected [ or . but got: {token}"
        name = next(tokens, None)
        if name is None:
            return None, "unexpected end of JSON path"
        if current.properties:
            following = current.properties.get(name)
        elif current.additional is not None:
            following = current.values
        else:
            following = None
        if following is None:
            return None, "does not refer to a valid field"
        current = following
    return current, ""
