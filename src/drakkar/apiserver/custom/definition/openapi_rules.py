"""What of OpenAPI a schema may use, node by node."""

from __future__ import annotations

from typing import Any, NamedTuple

from drakkar.api.object import Object
from drakkar.apiserver.custom.definition import structure_rules
from drakkar.apiserver.custom.outcome import as_text
from drakkar.apiserver.custom.rules.field_path import field_path
from drakkar.apiserver.custom.schema import read
from drakkar.apiserver.custom.where import Where
from drakkar.validation.field_error import FieldError, Findings

_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_META = ("metadata", "kind", "apiVersion")
_REASONS = ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired")
_UNIQUE = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
_UNSUPPORTED = ("patternProperties", "definitions", "dependencies", "$ref")
_IN_SET = "must be atomic as item of a list with x-kubernetes-list-type=set"


class _Place(NamedTuple):
    """Where a schema stands: why it may have no default, and whether it is of an object's metadata."""

    no_default: str | None = None
    in_meta: bool = False


def check(found: Findings, schema: Object, path: Where) -> None:
    """All that is wrong in a schema and below it."""
    _look(found, schema, path, _Place(), root=True)


def _look(found: Findings, schema: Any, path: Where, place: _Place, *, root: bool = False) -> None:
    if not isinstance(schema, dict):
        return
    _standard(found, schema, path, place)
    if schema.get("uniqueItems"):
        found.forbidden(f"{path}.uniqueItems", _UNIQUE)
    _additional(found, schema, path, place)
    for name, child in (schema.get("properties") or {}).items():
        inner = place
        if (root or schema.get("x-kubernetes-embedded-resource")) and name in _META:
            inner = _Place(f"in top-level {name}" if root else place.no_default, True)
        _look(found, child, path.properties(name), inner)
    _look(found, schema.get("not"), path.then(".not"), place)
    for name in ("allOf", "oneOf", "anyOf"):
        for at, child in enumerate(schema.get(name) or ()):
            _look(found, child, path.then(f".{name}[{at}]"), place)
    items = schema.get("items")
    if isinstance(items, list):
        for at, child in enumerate(items):
            _look(found, child, path.then(f".items[{at}]"), place)
    else:
        _look(found, items, path.then(".items"), place)
    _extensions(found, schema, path)
    _rules(found, schema, path)


def _standard(found: Findings, schema: Object, path: Where, place: _Place) -> None:
    kind = schema.get("type") or ""
    if kind and kind not in _TYPES:
        found.not_supported(f"{path}.type", kind, _TYPES)
    if schema.get("default") is not None and place.no_default is not None:
        found.forbidden(f"{path}.default", f"must not be set {place.no_default}".strip())
    if schema.get("id"):
        found.forbidden(f"{path}.id", "id is not supported")
    if schema.get("additionalItems") is not None:
        found.forbidden(f"{path}.additionalItems", "additionalItems is not supported")
    for name in _UNSUPPORTED:
        if schema.get(name) is not None:
            found.forbidden(f"{path}.{name}", f"{name} is not supported")
    if kind == "null":
        said = "type cannot be set to null, use nullable as an alternative"
        found.forbidden(f"{path}.type", said)
    if isinstance(schema.get("items"), list) and schema["items"]:
        found.forbidden(f"{path}.items", "items must be a schema object and not an array")
    if place.in_meta and schema.get("x-kubernetes-embedded-resource"):
        found.forbidden(f"{path}.x-kubernetes-embedded-resource", "must not be used inside of resource meta")


def _additional(found: Findings, schema: Object, path: Where, place: _Place) -> None:
    additional = schema.get("additionalProperties")
    if additional is None:
        return
    if schema.get("properties") and additional is not True:
        said = "additionalProperties and properties are mutual exclusive"
        found.forbidden(f"{path}.additionalProperties", said)
    inner = place
    if place.in_meta:
        inner = place._replace(no_default="inside additionalProperties applying to object metadata")
    _look(found, additional, path.then(".additionalProperties"), inner)


def _extensions(found: Findings, schema: Object, path: Where) -> None:
    if schema.get("x-kubernetes-preserve-unknown-fields") is False:
        where = f"{path}.x-kubernetes-preserve-unknown-fields"
        found.invalid(where, False, "must be true or undefined")
    map_type = schema.get("x-kubernetes-map-type")
    if map_type is not None:
        _only(found, schema, path, "object", "x-kubernetes-map-type")
        if map_type not in ("atomic", "granular"):
            found.not_supported(f"{path}.x-kubernetes-map-type", map_type, ["atomic", "granular"])
    list_type, items = schema.get("x-kubernetes-list-type"), schema.get("items")
    one = items if isinstance(items, dict) else None
    if list_type is not None:
        if schema.get("type") != "array":
            _only(found, schema, path, "array", "x-kubernetes-list-type")
        elif list_type == "set" and one is not None:
            _set(found, one, path)
        if list_type not in ("atomic", "set", "map"):
            found.not_supported(f"{path}.x-kubernetes-list-type", list_type, ["atomic", "set", "map"])
    keys = schema.get("x-kubernetes-list-map-keys") or []
    if keys and list_type != "map":
        said = "must be map if x-kubernetes-list-map-keys is non-empty"
        if list_type is None:
            found.required(f"{path}.x-kubernetes-list-type", said)
        else:
            found.invalid(f"{path}.x-kubernetes-list-type", list_type, said)
    if list_type == "map":
        _map(found, schema, keys, one, path)
    if list_type in ("set", "map") and one is not None:
        _items(found, one, keys, list_type, path)


def _only(found: Findings, schema: Object, path: Where, wanted: str, for_what: str) -> None:
    kind, said = schema.get("type") or "", f"must be {wanted} if {for_what} is specified"
    if kind == wanted:
        return
    if kind:
        found.invalid(f"{path}.type", kind, said)
    else:
        found.required(f"{path}.type", said)


def _set(found: Findings, items: Object, path: Where) -> None:
    list_type = items.get("x-kubernetes-list-type")
    if items.get("type") == "array" and list_type not in (None, "atomic"):
        found.invalid(f"{path}.items.x-kubernetes-list-type", list_type, _IN_SET, typed=True)
    elif items.get("type") == "object" and items.get("x-kubernetes-map-type") != "atomic":
        found.invalid(f"{path}.items.x-kubernetes-map-type", list_type, _IN_SET, typed=True)


def _map(found: Findings, schema: Object, keys: list[str], items: Object | None, path: Where) -> None:
    if not keys:
        said = "must not be empty if x-kubernetes-list-type is map"
        found.required(f"{path}.x-kubernetes-list-map-keys", said)
    if schema.get("items") is None:
        found.required(f"{path}.items", "must have a schema if x-kubernetes-list-type is map")
    if items is None:
        return
    if items.get("type") != "object":
        said = "must be object if parent array's x-kubernetes-list-type is map"
        found.invalid(f"{path}.items.type", items.get("type") or "", said)
        return
    seen: set[str] = set()
    for key in keys:
        child = (items.get("properties") or {}).get(key)
        if child is None:
            said = "entries must all be names of item properties"
            found.invalid(f"{path}.x-kubernetes-list-map-keys", keys, said)
        elif child.get("type") in ("array", "object"):
            said = "must be a scalar type if parent array's x-kubernetes-list-type is map"
            found.invalid(f"{path}.items.properties[{key}].type", items["type"], said)
        if key in seen:
            found.invalid(f"{path}.x-kubernetes-list-map-keys", keys, "must not contain duplicate entries")
        seen.add(key)


def _items(found: Findings, items: Object, keys: list[str], list_type: str, path: Where) -> None:
    if items.get("nullable"):
        said = f"cannot be nullable when x-kubernetes-list-type is {list_type}"
        found.forbidden(f"{path}.items.nullable", said)
    for key in keys if list_type == "map" else ():
        child = (items.get("properties") or {}).get(key)
        if child is None:
            continue
        here = path.then(".items").properties(key)
        this = "this property is in x-kubernetes-list-map-keys, so it"
        if key not in (items.get("required") or ()) and child.get("default") is None:
            found.required(f"{here}.default", f"{this} must have a default or be a required property")
        if child.get("nullable"):
            found.forbidden(f"{here}.nullable", f"{this} cannot be nullable")


def _rules(found: Findings, schema: Object, path: Where) -> None:
    for at, rule in enumerate(schema.get("x-kubernetes-validations") or ()):
        here = path.then(".x-kubernetes-validations").item(at)
        _rule(found, rule, here)
        named = rule.get("fieldPath") or ""
        if named and not structure_rules.unsupported(schema) and field_path(named, read(schema)) is None:
            found.invalid(f"{here}.fieldPath", named, "must be a valid path")


def _rule(found: Findings, rule: Object, here: Where) -> None:
    text, message = rule.get("rule") or "", rule.get("message") or ""
    if not text.strip():
        found.required(f"{here}.rule", "rule is not specified")
    elif message and not message.strip():
        found.invalid(f"{here}.message", message, "must be non-empty if specified")
    elif _broken(message.strip()):
        found.invalid(f"{here}.message", message, "must not contain line breaks")
    elif _broken(text.strip()) and not message.strip():
        found.required(f"{here}.message", "message must be specified if rule contains line breaks")
    expression = rule.get("messageExpression") or ""
    if expression and not expression.strip():
        found.required(f"{here}.messageExpression", "messageExpression must be non-empty if specified")
    reason = rule.get("reason")
    if reason is not None and reason not in _REASONS:
        said = f"Unsupported value: {as_text(reason)}: supported values: "
        said += ", ".join(f'"{one}"' for one in _REASONS)
        found.add(FieldError("FieldValueNotSupported", said, f"{here}.reason"))
    field_path = rule.get("fieldPath") or ""
    if field_path and not field_path.strip():
        found.invalid(f"{here}.fieldPath", field_path, "must be non-empty if specified")
    if _broken(field_path):
        found.invalid(f"{here}.fieldPath", field_path, "must not contain line breaks")


def _broken(text: str) -> bool:
    return "\n" in text or "\r" in text
