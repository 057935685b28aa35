"""Puts the defaults of a schema into an object."""

from __future__ import annotations

import copy
from typing import Any, Final

from drakkar.apiserver.custom.schema import MISSING, Schema

# Bytes of defaults in one object: twice what can be stored.
_MOST: Final = 3 << 20


class Room:
    """How many bytes of defaults an object may still get. There are few in a schema, and may be many places for them."""

    def __init__(self, left: int = _MOST) -> None:
        self.left = left

    @property
    def is_full(self) -> bool:
        """Whether there was not room for all of them."""
        return self.left < 0

    def default(self, schema: Schema) -> Any:
        """A schema's default, null where it has none or there is no room."""
        if schema.default is MISSING:
            return None
        self.left -= schema.default_size
        return None if self.is_full else copy.deepcopy(schema.default)


def fill(value: Any, schema: Schema | None, room: Room | None = None) -> None:
    """Fill in place what is absent, or null where null is not allowed; what is filled in is filled as well. Where the room is
    full nothing more is filled in."""
    room = room or Room()
    if schema is None or room.is_full:
        return
    if isinstance(value, dict):
        for name in schema.defaulted:
            child = schema.properties[name]
            if name not in value or _empty(value[name], child):
                made = room.default(child)
                if room.is_full:
                    return
                value[name] = made
        for name, one in value.items():
            child_or_none = schema.below(name)
            if child_or_none is not None and name not in schema.properties and _empty(one, child_or_none):
                value[name] = one = room.default(child_or_none)
            fill(one, child_or_none, room)
    elif isinstance(value, list):
        items = schema.items
        if items is None:
            return
        for at, one in enumerate(value):
            if _empty(one, items):
                value[at] = one = room.default(items)
            fill(one, items, room)


def _empty(value: Any, schema: Schema) -> bool:
    return value is None and not schema.nullable
