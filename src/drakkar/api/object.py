"""An object as JSON has it, and what names it among those of its kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, NewType

import msgspec

Object = dict[str, Any]
"""An object, or a part of one, that is stored, passed on or patched unread. What is read becomes a struct of `api`."""
ObjectView = Mapping[str, Any]
"""The same, where nobody may change it."""
Uid = NewType("Uid", str)
"""What tells an object from all others of any kind, of its name and of any time; empty where it has none."""


# By KEP-5504 a version is a decimal number without zeros in front. None is as long as this, and Python reads none of thousands.
_VERSION = re.compile(r"[1-9][0-9]{0,30}", re.ASCII)


class ObjectKey(NamedTuple):
    """What names an object among those of its kind; the namespace is empty where the kind has none."""

    namespace: str
    name: str


def key_of(obj: ObjectView) -> ObjectKey:
    """What names this object; KeyError where it has no name."""
    metadata = obj["metadata"]
    return ObjectKey(metadata.get("namespace") or "", metadata["name"])


def without_nulls(value: Any) -> Any:
    """JSON without the fields that are null, as deep as it goes: to Go they are the same as fields that are left out."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [without_nulls(inner) for inner in value]
    return value


def alike(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON for certain, to the order of their fields; False says nothing."""
    # Python's equality is quick, but takes true for 1.
    return one is other or (bool(one == other) and msgspec.json.encode(one) == msgspec.json.encode(other))


def version_number(version: str) -> int:
    """Which of two resourceVersions is the newer; 0 for one of which nobody can tell."""
    return int(version) if _VERSION.fullmatch(version) else 0


def version_of(obj: ObjectView) -> int:
    """The number of an object's resourceVersion; 0 where nobody can tell which of two is the newer."""
    version = obj["metadata"].get("resourceVersion")
    return version_number(version) if isinstance(version, str) else 0


def is_newer(one: ObjectView, than: ObjectView) -> bool | None:
    """Whether one state of an object is newer than another; None where nobody can tell."""
    mine, other = version_of(one), version_of(than)
    return mine > other if mine and other else None
