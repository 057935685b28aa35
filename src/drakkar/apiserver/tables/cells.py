"""Cell values that many tables share: ages, durations, selectors and lists, written as kubectl shows them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from drakkar.api.object import Object
from drakkar.api.selectors import SelectorError, label_selector
from drakkar.api.time import time_or_none

NONE = "<none>"
UNKNOWN = "<unknown>"
_MINUTE, _HOUR, _DAY, _YEAR = 60, 3600, 86400, 365 * 86400


def part(obj: Any, *path: str) -> Object:
    """A nested object, empty where it or anything above it is absent."""
    for name in path:
        obj = obj.get(name) if isinstance(obj, dict) else None
    return obj if isinstance(obj, dict) else {}


def rows(obj: Any, name: str) -> list[Object]:
    """A list of objects in a field, empty where absent."""
    found = obj.get(name) if isinstance(obj, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def duration(seconds: float) -> str:
    """A length of time with at most two units, coarser the longer it is."""
    total = int(seconds)
    if total < -1:
        return "<invalid>"
    if total < 2 * _MINUTE:
        return f"{max(total, 0)}s"
    minutes, hours, days, years = total // _MINUTE, total // _HOUR, total // _DAY, total // _YEAR
    # Each pair is: up to this length, show this unit with the rest of that one; a rest of zero is left out.
    if minutes < 10:
        return _two(minutes, "m", total % _MINUTE, "s")
    if hours < 3:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _two(days, "d", hours % 24, "h")
    if years < 2:
        return f"{days}d"
    if years < 8:
        return _two(years, "y", days % 365, "d")
    return f"{years}y"


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"


def since(text: Any, now: datetime.datetime) -> str:
    """The age of a timestamp."""
    found = time_or_none(text)
    return UNKNOWN if found is None else duration((now - found).total_seconds())


def age(obj: Object, now: datetime.datetime) -> str:
    """The age of an object."""
    return since(part(obj, "metadata").get("creationTimestamp"), now)


def created(obj: Object) -> str:
    """When an object was created."""
    return str(part(obj, "metadata").get("creationTimestamp") or UNKNOWN)


def labels(found: Any) -> str:
    """A map of labels as `key=value` pairs."""
    if not isinstance(found, dict) or not found:
        return NONE
    return ",".join(f"{key}={found[key]}" for key in sorted(found))


def selector(found: Any) -> str:
    """A label selector object in its short form; `<error>` for one that is none."""
    try:
        parsed = label_selector(found if isinstance(found, dict) else None)
    except SelectorError:
        return "<error>"
    return (parsed.text() if parsed is not None else "") or NONE


def template(obj: Object) -> list[str]:
    """The names and the images of the containers in an object's pod template."""
    containers = rows(part(obj, "spec", "template", "spec"), "containers")
    return [joined(c.get("name") for c in containers), joined(c.get("image", "") for c in containers)]


def joined(values: Iterable[Any], separator: str = ",", absent: str = "") -> str:
    """Values as one text."""
    return separator.join(str(value) for value in values) or absent


def first(values: list[str], most: int, separator: str = ",") -> str:
    """The first of some values as one text, and how many more there are."""
    more = len(values) - most
    return separator.join(values[:most]) + (f" + {more} more..." if more > 0 else "")


def condition(obj: Object, kind: str) -> Object:
    """The status condition of a type, empty where absent."""
    return next((c for c in rows(part(obj, "status"), "conditions") if c.get("type") == kind), {})


def is_true(obj: Object, kind: str) -> bool:
    """Whether a status condition is True."""
    return condition(obj, kind).get("status") == "True"


def deleting(obj: Object) -> bool:
    """Whether deletion of the object has begun."""
    return bool(part(obj, "metadata").get("deletionTimestamp"))
