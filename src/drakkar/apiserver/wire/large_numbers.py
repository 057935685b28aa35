"""Numbers that no client could read: whole ones beyond the range of floats, which JSON of any figures may hold."""

from __future__ import annotations

import re
from typing import Any

# The largest float has 309 figures. A run of them is looked at from its beginning only, so that all of them are looked at once.
_MANY_FIGURES = re.compile(rb"(?<![0-9])[0-9]{309}")


def may_be_too_large(text: bytes) -> bool:
    """Whether a JSON text has figures enough for such a number; they may be those of a string."""
    return _MANY_FIGURES.search(text) is not None


def too_large(value: Any) -> bool:
    """Whether there is such a number in a value: Go reads numbers of which it does not know better as floats."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, int) and not _is_float(one):
            return True
    return False


def _is_float(number: int) -> bool:
    try:
        float(number)
    except OverflowError:
        return False
    return True
