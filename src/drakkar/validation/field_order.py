"""Parts of objects in the order of fields in which the API writes them, for messages that repeat a part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, get_args, get_origin

import msgspec

from drakkar.api.object import Object

# Fields that are written even where they are empty, though they may be left out where they are read.
_ALWAYS = ("deviceClassName", "expression")


def as_written(kind: Any, part: Any) -> Any:
    """The part with its fields in the order of the struct `kind`, those without a value left out, maps sorted."""
    inner = get_args(kind)
    if isinstance(part, list):
        # tuple[X, ...], the form of all lists in structs.
        return [as_written(inner[0] if inner else Any, one) for one in part]
    if not isinstance(part, dict):
        return part
    # A field that may be absent is X | None.
    candidates = [one for one in (kind, *inner) if isinstance(one, type) and issubclass(one, msgspec.Struct)]
    if get_origin(kind) is dict or not candidates:
        return {key: as_written(inner[1] if len(inner) == 2 else Any, part[key]) for key in sorted(part)}
    written = {}
    for field in msgspec.structs.fields(candidates[0]):
        value = part.get(field.encode_name)
        always = field.required or field.encode_name in _ALWAYS
        if always and value is None and field.type is str:
            value = ""
        if always or value not in (None, "", [], {}):
            written[field.encode_name] = as_written(field.type, value)
    return written


def in_order(fields: Iterable[str], part: Object, always: Mapping[str, Any] = MappingProxyType({})) -> Object:
    """The part with those of `fields` that it has, in their order; those in `always` have a value in any case."""
    full = {**always, **{key: value for key, value in part.items() if value not in (None, "")}}
    return {key: full[key] for key in fields if key in full}
