"""Numbers of pods that may be written as a share of all: 3 or 25%."""

from __future__ import annotations

import re
from typing import Any

from drakkar.validation.field_error import Findings

_PERCENT = "[0-9]+%"
_IS_PERCENT = re.compile(_PERCENT)
_SAID = (
    "a valid percent string must be a numeric string followed by an ending '%' "
    f"(e.g. '1%',  or '93%', regex used for validation is '{_PERCENT}')"
)
# More digits than any number that matters has.
_MANY_DIGITS = 18


def int_or_percent(found: Findings, path: str, given: Any) -> None:
    """Nothing or more, as a number or a share; None says nothing and is right."""
    if isinstance(given, str):
        if not _IS_PERCENT.fullmatch(given):
            found.invalid(path, given, _SAID)
    elif given is not None and given < 0:
        found.invalid(path, given, "must be greater than or equal to 0")


def at_most_all(found: Findings, path: str, given: Any) -> None:
    """No share is more than all."""
    if percent(given) > 100:
        found.invalid(path, given, "must not be greater than 100%")


def percent(given: Any) -> int:
    """The number before the sign of a share; 0 for what is none."""
    if not isinstance(given, str) or not _IS_PERCENT.fullmatch(given):
        return 0
    return int(given[:-1].lstrip("0")[:_MANY_DIGITS] or "0")


def amount(given: Any) -> int:
    """What a number or a share says, whichever it is; 0 for neither."""
    return given if isinstance(given, int) else percent(given)
