"""The values that a schema allows by name: whether one is among them does not depend on how many there are."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from drakkar.validation.field_error import compact_json, short, shown


class NamedValues:
    """`named` is how the values stand in one message, `listed` how in another; both are short enough to be told often."""

    __slots__ = ("_keys", "listed", "named")

    def __init__(self, values: Sequence[Any]) -> None:
        names = [one if isinstance(one, str) else compact_json(one) for one in values]
        self.named = short(str(names))
        self.listed = short(", ".join(map(shown, names)))
        # Null is allowed by its type, or not at all.
        self._keys = {_key(one) for one in values if one is not None}

    def has(self, value: Any) -> bool:
        """Whether the value is one of them."""
        if _key(value) in self._keys:
            return True
        # Go takes a number for the character of that code.
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole and 0 <= value < 0x110000 and _key(chr(value)) in self._keys


def _key(value: Any) -> Hashable:
    """Something that is equal for values that JSON has for equal, and for no others."""
    if isinstance(value, dict):
        return "object", frozenset((name, _key(one)) for name, one in value.items())
    if isinstance(value, list):
        return "array", tuple(map(_key, value))
    if isinstance(value, bool):
        return "boolean", value
    return ("string" if isinstance(value, str) else "number", value)
