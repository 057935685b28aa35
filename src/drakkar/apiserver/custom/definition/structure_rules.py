"""That a schema is structural: what a value is stands in it, and what else must hold of the value only refines that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.custom.where import Where
from drakkar.cel.library.regex import check_pattern
from drakkar.cel.outcome import Fault
from drakkar.validation.field_error import FieldError, Findings

_INT_OR_STRING = [{"type": "integer"}, {"type": "string"}]
_ROOT, _ITEM, _FIELD = "at the root", "for specified array items", "for specified object fields"
_REFINING = {
    "type": "must be empty to be structural",
    "additionalProperties": "must be undefined to be structural",
    "default": "must be undefined to be structural",
    "title": "must be empty to be structural",
    "description": "must be empty to be structural",
    "nullable": "must be false to be structural",
    "x-kubernetes-preserve-unknown-fields": "must be false to be structural",
    "x-kubernetes-embedded-resource": "must be false to be structural",
    "x-kubernetes-int-or-string": "must be false to be structural",
    "x-kubernetes-list-map-keys": "must be empty to be structural",
    "x-kubernetes-list-type": "must be undefined to be structural",
    "x-kubernetes-map-type": "must be undefined to be structural",
    "x-kubernetes-validations": "must be empty to be structural",
}
_PARTS = ("anyOf", "allOf", "oneOf")
_NOT_SUPPORTED = (
    "id",
    "$schema",
    "$ref",
    "patternProperties",
    "dependencies",
    "additionalItems",
    "definitions",
)


def unsupported(schema: Any) -> str:
    """Why a schema cannot be a structural one at all; empty where it can."""
    waiting = [schema]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, dict):
            continue
        for name in _NOT_SUPPORTED:
            if one.get(name):
                return f"OpenAPIV3Schema '{name.removeprefix('$') if name == '$schema' else name}' is not supported"
        if one.get("x-kubernetes-preserve-unknown-fields") is False:
            return "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined"
        if isinstance(one.get("items"), list):
            return "OpenAPIV3Schema 'items' must be a schema, but is an array"
        waiting += [one.get("not"), one.get("items"), one.get("additionalProperties")]
        waiting += (one.get("properties") or {}).values()
        for name in _PARTS:
            waiting += one.get(name) or ()
    return ""


def problems(schema: Object, path: Where) -> list[FieldError]:
    """What is not structural, in the order of its texts."""
    found = Findings(bounded=True)
    _structure(found, schema, path, _ROOT)
    _complete(found, schema, schema, path, path)
    return sorted(found.listed(), key=lambda one: (one.is_untold, f"{one.field}: {one.message}"))


def _structure(found: Findings, schema: Any, path: Where, level: str) -> None:
    if not isinstance(schema, dict):
        return
    kind = schema.get("type") or ""
    if kind == "array" and schema.get("items") is None:
        found.required(f"{path}.items", "must be specified")
    _structure(found, schema.get("items"), path.then(".items"), _ITEM)
    properties = schema.get("properties") or {}
    for name, child in properties.items():
        _structure(found, child, path.properties(name), _FIELD)
    if schema.get("additionalProperties") is not None:
        if level == _ROOT:
            found.forbidden(f"{path}.additionalProperties", "must not be used at the root")
        _structure(found, schema["additionalProperties"], path.then(".additionalProperties"), _FIELD)
    preserve = bool(schema.get("x-kubernetes-preserve-unknown-fields"))
    embedded = bool(schema.get("x-kubernetes-embedded-resource"))
    int_or_string = bool(schema.get("x-kubernetes-int-or-string"))
    for set_too, name in (
        (preserve, "x-kubernetes-preserve-unknown-fields"),
        (embedded, "x-kubernetes-embedded-resource"),
    ):
        if int_or_string and set_too:
            found.invalid(f"{path}.{name}", True, "must be false if x-kubernetes-int-or-string is true")
    any_of, all_of = schema.get("anyOf"), schema.get("allOf") or []
    first = bool(all_of) and all_of[0].get("anyOf") == _INT_OR_STRING
    _refinements(found, schema, path, any_of == _INT_OR_STRING, first)
    _types(found, schema, path, level, kind)
    if level == _ROOT or embedded:
        for name in ("kind", "apiVersion"):
            if name in properties and properties[name].get("type") != "string":
                given = properties[name].get("type") or ""
                found.invalid(f"{path}.properties[{name}].type", given, "must be string")
    if "metadata" in properties:
        _metadata(found, properties["metadata"], path.properties("metadata"), level, embedded)
    if embedded and not preserve and not properties:
        said = "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"
        found.required(f"{path}.properties", said)


def _types(found: Findings, schema: Object, path: Where, level: str, kind: str) -> None:
    embedded = schema.get("x-kubernetes-embedded-resource")
    if embedded and kind != "object":
        said = "must be object if x-kubernetes-embedded-resource is true"
        if kind:
            found.invalid(f"{path}.type", kind, said)
        else:
            found.required(f"{path}.type", said)
    elif not kind and not (
        schema.get("x-kubernetes-int-or-string") or schema.get("x-kubernetes-preserve-unknown-fields")
    ):
        found.required(f"{path}.type", f"must not be empty {level}")
    if embedded and schema.get("additionalProperties") is not None:
        said = "must not be used if x-kubernetes-embedded-resource is set"
        found.forbidden(f"{path}.additionalProperties", said)
    if level == _ROOT and kind and kind != "object":
        found.invalid(f"{path}.type", kind, "must be object at the root")


def _metadata(found: Findings, schema: Object, path: Where, level: str, embedded: bool) -> None:
    if (level == _ROOT or embedded) and schema.get("type") != "object":
        found.invalid(f"{path}.type", schema.get("type") or "", "must be object")
    if level != _ROOT:
        return
    names = set(schema.get("properties") or ())
    more = {key for key, value in schema.items() if key not in ("type", "default", "properties") and value}
    if more or not names <= {"name", "generateName"}:
        said = (
            "must not specify anything other than name and generateName, but metadata is implicitly specified"
        )
        found.forbidden(str(path), said)


def _refinements(found: Findings, schema: Object, path: Where, skip: bool, skip_first: bool) -> None:
    """What stands in a schema's anyOf and its like; the two forms of an integer or a string are let pass."""
    for name in _PARTS:
        for at, child in enumerate(schema.get(name) or ()):
            if name == "anyOf" and skip:
                continue
            _refinement(found, child, path.then(f".{name}[{at}]"), name == "allOf" and at == 0 and skip_first)
    if schema.get("not") is not None:
        _refinement(found, schema["not"], path.then(".not"), False)
    pattern = schema.get("pattern") or ""
    if pattern:
        try:
            check_pattern(pattern)
        except Fault as fault:
            said = f"must be a valid regular expression, but isn't: {fault}"
            found.invalid(f"{path}.pattern", pattern, said)


def _refinement(found: Findings, schema: Any, path: Where, skip: bool) -> None:
    if not isinstance(schema, dict):
        return
    _refinements(found, schema, path, skip, False)
    _refinement(found, schema.get("items"), path.then(".items"), False)
    properties = schema.get("properties") or {}
    for name, child in properties.items():
        _refinement(found, child, path.properties(name), False)
    for name, said in _REFINING.items():
        value = schema.get(name)
        # A default may be any value but null.
        if value is not None and (name == "default" or value not in ("", False, [])):
            found.forbidden(f"{path}.{name}", said)
    if "metadata" in properties:
        found.forbidden(f"{path}.properties[metadata]", "must not be specified in a nested context")


def _nested(schema: Object) -> Iterator[tuple[str, Any]]:
    if schema.get("not") is not None:
        yield "not", schema["not"]
    for name in ("allOf", "anyOf", "oneOf"):
        for at, child in enumerate(schema.get(name) or ()):
            yield f"{name}[{at}]", child


def _complete(found: Findings, refining: Object, schema: Any, path: Where, where: Where) -> None:
    """Whatever is refined is there: `refining` stands at `where`, and `schema` at `path`."""
    for name, child in _nested(refining):
        _complete_below(found, child, schema, path, where.then(f".{name}"))


def _complete_below(found: Findings, refining: Any, schema: Any, path: Where, where: Where) -> None:
    if not isinstance(refining, dict):
        return
    if not isinstance(schema, dict):
        found.required(str(path), f"because it is defined in {where}")
        return
    _complete(found, refining, schema, path, where)
    if refining.get("items") is not None:
        _complete_below(
            found, refining["items"], schema.get("items"), path.then(".items"), where.then(".items")
        )
    properties = schema.get("properties") or {}
    for name, child in (refining.get("properties") or {}).items():
        there = properties.get(name)
        here, from_where = path.properties(name), where.properties(name)
        if there is None:
            found.required(str(here), f"because it is defined in {from_where}")
        else:
            _complete_below(found, child, there, here, from_where)
