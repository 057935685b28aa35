"""An object as JSON has it, and what names it among those of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, NewType

Object = dict[str, Any]
"""An object, or a part of one, that is stored, passed on or patched unread. What is read becomes a struct of `api`."""
ObjectView = Mapping[str, Any]
"""The same, where nobody may change it."""
Uid = NewType("Uid", str)
"""What tells an object from all others of any kind, of its name and of any time; empty where it has none."""


class ObjectKey(NamedTuple):
    """What names an object among those of its kind; the namespace is empty where the kind has none."""

    namespace: str
    name: str


def key_of(obj: ObjectView) -> ObjectKey:
    """What names this object; KeyError where it has no name."""
    metadata = obj["metadata"]
    return ObjectKey(metadata.get("namespace") or "", metadata["name"])
