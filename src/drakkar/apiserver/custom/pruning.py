"""Takes out of an object what its schema does not know, and nulls that it does not allow."""

from __future__ import annotations

from typing import Any

from drakkar.apiserver.custom.schema import MISSING, Schema, as_resource
from drakkar.apiserver.wire.place import Place, place_text

_META = frozenset({"apiVersion", "kind", "metadata"})
_MOST = 100
_LONGEST = 1_000
# Where a value is: what it is in, and its key or index there.


class Unknown:
    """The paths of fields that were taken out, in the order of their texts."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def add(self, path: Place) -> None:
        """One more; what is beyond what is ever told is not kept."""
        if len(self._found) < _MOST:
            self._found.append(place_text(path)[:_LONGEST])

    def listed(self) -> list[str]:
        """All of them."""
        return sorted(self._found)


def pruned(obj: Any, schema: Schema | None, unknown: Unknown | None = None, *, whole: bool = True) -> Any:
    """The object with what the schema knows, new as far as it knows it; a `whole` one keeps its metadata."""
    found = as_resource(schema or Schema({})) if whole else schema
    return _pruned(obj, found, unknown or Unknown(), None)


def _pruned(value: Any, schema: Schema | None, unknown: Unknown, path: Place) -> Any:
    if isinstance(value, list):
        items = schema.items if schema is not None else None
        if schema is not None and schema.preserve:
            return [_kept(one, items, unknown, (path, at)) for at, one in enumerate(value)]
        return [_pruned(one, items, unknown, (path, at)) for at, one in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if schema is not None and schema.preserve:
        return _kept(value, schema, unknown, path)
    made = {}
    for name, one in value.items():
        if schema is not None and schema.embedded and name in _META:
            made[name] = one
        elif schema is not None and name in schema.properties:
            made[name] = _pruned(one, schema.properties[name], unknown, (path, name))
        elif schema is not None and schema.additional is not None:
            made[name] = _pruned(one, schema.values, unknown, (path, name))
        elif name not in _META or path is not None:
            unknown.add((path, name))
    return made


def _kept(value: Any, schema: Schema | None, unknown: Unknown, path: Place) -> Any:
    """A value whose unknown fields stay, with those below known ones taken out where these say so."""
    if schema is None:
        return value
    if isinstance(value, list):
        return [_kept(one, schema.items, unknown, (path, at)) for at, one in enumerate(value)]
    if not isinstance(value, dict):
        return value
    made = {}
    for name, one in value.items():
        if schema.embedded and name in _META:
            made[name] = one
        elif name in schema.properties:
            made[name] = _pruned(one, schema.properties[name], unknown, (path, name))
        elif schema.additional is not None:
            made[name] = _pruned(one, schema.values, unknown, (path, name))
        else:
            made[name] = one
    return made


def drop_nulls(value: Any, schema: Schema | None) -> None:
    """Take out, in place, nulls of fields that neither allow them nor have a default to put there."""
    if schema is None:
        return
    if isinstance(value, dict):
        for name in list(value):
            child = schema.below(name)
            if child is None:
                continue
            if value[name] is None:
                if not child.nullable and child.default is MISSING:
                    del value[name]
            else:
                drop_nulls(value[name], child)
    elif isinstance(value, list):
        for one in value:
            drop_nulls(one, schema.items)
