"""Lists that are sets or maps: no two items alike, no two of the same keys."""

from __future__ import annotations

from typing import Any

from drakkar.apiserver.custom.outcome import as_text
from drakkar.apiserver.custom.schema import Schema
from drakkar.apiserver.custom.where import ROOT, Where
from drakkar.validation.field_error import FieldError, Findings, compact_json


def problems(obj: Any, schema: Schema | None) -> list[FieldError]:
    """The items that were there before in their list, each once."""
    found = Findings(bounded=True)
    if schema is not None:
        _look(obj, schema, ROOT, found)
    return found.listed()


def _look(value: Any, schema: Schema, path: Where, found: Findings) -> None:
    if isinstance(value, dict):
        for name, one in value.items():
            if schema.values is not None:
                _look(one, schema.values, path.key(name), found)
            elif name in schema.properties:
                _look(one, schema.properties[name], path.field(name), found)
    elif isinstance(value, list):
        if schema.list_type == "set":
            _repeated(value, value, path, found)
        elif schema.list_type == "map":
            keys = schema.list_map_keys
            strangers = [at for at, one in enumerate(value) if one is not None and not isinstance(one, dict)]
            for at in strangers:
                said = "must be an object for an array of list-type map"
                found.add(FieldError.invalid(f"{path}[{at}]", as_text(value[at]), said))
            named = [{key: one[key] for key in keys if isinstance(one, dict) and key in one} for one in value]
            if not strangers:
                _repeated(named, named, path, found)
        if schema.items is not None:
            for at, one in enumerate(value):
                _look(one, schema.items, path.item(at), found)


def _repeated(values: list[Any], shown: list[Any], path: Where, found: Findings) -> None:
    times: dict[str, int] = {}
    for at, one in enumerate(values):
        # Keys in any order are the same, a number and its text are not.
        text = compact_json(_sorted(one))
        times[text] = times.get(text, 0) + 1
        if times[text] == 2:
            said = f"Duplicate value: {as_text(shown[at])}"
            found.add(FieldError("FieldValueDuplicate", said, f"{path}[{at}]"))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(one) for one in value] if isinstance(value, list) else value
