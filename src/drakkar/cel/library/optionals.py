"""Values that may be absent."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from drakkar.cel.library.time_values import Duration, Timestamp
from drakkar.cel.typed import TypedList
from drakkar.cel.values import NONE, DomainMap, Optional

_ZERO_TIME: Final = -62135596800 * 10**9


def _is_zero(value: Any) -> bool:
    if type(value) is Duration:
        return value.nanos == 0
    if type(value) is Timestamp:
        # Zero is the first instant there is, not the epoch.
        return value.nanos == _ZERO_TIME
    if type(value) is DomainMap:
        return False
    if isinstance(value, TypedList):
        return False
    return value is None or (isinstance(value, bool | int | float | str | bytes | tuple | dict) and not value)


def _of_non_zero(value: Any) -> Optional:
    return NONE if _is_zero(value) else Optional(True, value)


def lookup(optional: Optional) -> Any:
    """`optional.value()`."""
    return optional.value


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "optional_of": lambda value: Optional(True, value),
    "optional_ofNonZeroValue": _of_non_zero,
    "optional_none": lambda: NONE,
    "optional_value": lookup,
    "optional_hasValue": operator.attrgetter("present"),
}
