"""Whole objects within objects: their apiVersion, kind and metadata, which no schema has to name."""

from __future__ import annotations

from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.custom.outcome import as_text
from drakkar.apiserver.custom.pruning import Unknown
from drakkar.apiserver.custom.schema import Schema
from drakkar.apiserver.custom.where import ROOT, Where
from drakkar.apiserver.wire import decoding
from drakkar.apiserver.wire.place import place_text
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.object_meta import Rules, object_meta

_RULES = Rules(formats.path_segment, known_finalizers=False)
_Path = tuple[Any, str | int] | None


def fit(value: Any, schema: Schema | None, unknown: Unknown, path: _Path = None) -> None:
    """Fit the metadata of embedded objects to their type, in place; raises WrongTypeError."""
    if schema is None or not isinstance(value, dict | list):
        return
    if isinstance(value, list):
        for at, one in enumerate(value):
            fit(one, schema.items, unknown, (path, at))
        return
    for name in list(value):
        if schema.embedded and name in ("apiVersion", "kind") and not isinstance(value[name], str):
            said = f"Invalid value: {as_text(value[name])}: must be a string"
            raise decoding.WrongTypeError(f"{place_text((path, name))}: {said}")
        if schema.embedded and name == "metadata":
            try:
                value[name] = fit_metadata(value[name], unknown, (path, name))
            except decoding.WrongTypeError as failure:
                said = f"Invalid value: {as_text(value[name])}: {failure}"
                raise decoding.WrongTypeError(f"{place_text((path, name))}: {said}") from None
        child = schema.below(name)
        if child is not None:
            fit(value[name], child, unknown, (path, name))


def fit_metadata(value: Any, unknown: Unknown, path: _Path) -> Object:
    """Metadata as its type has it; raises WrongTypeError."""
    fitted, strange = decoding.fit_metadata(value)
    for one in strange:
        unknown.add((path, one))
    return fitted


def problems(value: Any, schema: Schema | None, path: Where = ROOT) -> list[FieldError]:
    """What is wrong with embedded objects."""
    found = Findings(bounded=True)
    _look(value, schema, path, found)
    return found.listed()


def _look(value: Any, schema: Schema | None, path: Where, found: Findings) -> None:
    if schema is None:
        return
    if isinstance(value, list):
        for at, one in enumerate(value):
            _look(one, schema.items, path.item(at), found)
    elif isinstance(value, dict):
        if schema.embedded:
            _resource(value, path, found)
        for name, one in value.items():
            if name in schema.properties:
                _look(one, schema.properties[name], path.field(name), found)
            elif schema.values is not None:
                _look(one, schema.values, path.key(name), found)


def _resource(value: Object, path: Where, found: Findings) -> None:
    for name in ("apiVersion", "kind"):
        if name not in value:
            found.required(str(path.field(name)))
        elif not isinstance(value[name], str):
            found.invalid(str(path.field(name)), value[name], "must be a string")
        elif not value[name]:
            found.invalid(str(path.field(name)), "", "must not be empty")
        elif name == "apiVersion" and value[name].count("/") > 1:
            said = f"unexpected GroupVersion string: {value[name]}"
            found.invalid(str(path.field(name)), value[name], said)
        elif name == "kind":
            wrong = formats.dns_1035_label(value[name].lower())
            if wrong:
                said = "may have mixed case, but should otherwise match: " + ",".join(wrong)
                found.invalid(str(path.field(name)), value[name], said)
    metadata = value.get("metadata")
    if isinstance(metadata, dict):
        object_meta(
            found,
            {**metadata, "name": metadata.get("name") or "fakename"},
            _RULES,
            str(path.field("metadata")),
        )
