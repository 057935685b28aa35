"""Which fields whoever writes a part of an object can own: those below certain paths."""

from __future__ import annotations

from collections.abc import Sequence

from drakkar.apiserver.patch.field_paths import MEMBER, Fields

# Fields on the way down from an object; `*` is every item of a list or value of a map.
Way = tuple[str, ...]


def within(fields: Fields, ways: Sequence[Way]) -> Fields:
    """What of some fields lies on these ways or below their ends; nothing at all where there is none."""
    if () in ways:
        return fields
    found: Fields = {}
    for name, node in fields.items():
        on = [way[1:] for way in ways if way[0] in ("*", name.removeprefix("f:"))]
        left = node if name == MEMBER else within(node, on) if on else {}
        if left or name == MEMBER:
            found[name] = left
    return found
