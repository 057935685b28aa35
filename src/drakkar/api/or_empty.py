"""Parts of stored objects, whatever stands in them: what is of another type is as good as absent."""

from __future__ import annotations

from typing import Any

from drakkar.api.object import Object


def mapping(value: Any) -> Object:
    """An object; empty where it is none."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """A list; empty where it is none."""
    return value if isinstance(value, list) else []


def objects(value: Any) -> list[Object]:
    """The objects in a list."""
    return [one for one in items(value) if isinstance(one, dict)]


def text(value: Any) -> str:
    """A string; empty where it is none."""
    return value if isinstance(value, str) else ""
