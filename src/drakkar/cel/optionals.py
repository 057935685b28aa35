"""The member functions and macros of optional values that work something out only when it is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drakkar.cel.values import NONE, Optional, no_overload


def _need(optional: Any, name: str) -> Optional:
    if type(optional) is not Optional:
        raise no_overload(name, optional)
    return optional


def mapped(optional: Any, become: Callable[[Any], Any]) -> Optional:
    """`optMap`."""
    found = _need(optional, "optMap")
    return Optional(True, become(found.value)) if found.present else NONE


def flat_mapped(optional: Any, become: Callable[[Any], Any]) -> Optional:
    """`optFlatMap`."""
    found = _need(optional, "optFlatMap")
    return _need(become(found.value), "optFlatMap") if found.present else NONE


def or_value(optional: Any, other: Callable[[], Any]) -> Any:
    """`orValue`; the other is only worked out when it is needed."""
    found = _need(optional, "orValue")
    return found.value if found.present else other()


def or_optional(optional: Any, other: Callable[[], Any]) -> Optional:
    """`or`; the other is only worked out when it is needed."""
    found = _need(optional, "or")
    return found if found.present else _need(other(), "or")
