"""Plain objects as expressions see them: what JSON has, with lists that compare as CEL's do."""

from __future__ import annotations

from typing import Any

from drakkar.cel.values import PlainList, PlainMap


def plain(value: Any) -> Any:
    """A value of JSON as CEL's, all the way down; the value itself is not changed, nor shared where it could be."""
    if isinstance(value, dict):
        return PlainMap((key, plain(part)) for key, part in value.items())
    if isinstance(value, list | tuple):
        return PlainList(map(plain, value))
    return value
