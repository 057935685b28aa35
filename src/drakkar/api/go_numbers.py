"""Whole numbers as Go reads them from text, and what is wrong with a text that is none, in Go's words."""

from __future__ import annotations

import re

from drakkar.api.go_quoting import quoted

_INTEGER = re.compile("[+-]?[0-9]+")
_NATURAL = re.compile("[0-9]+")
# More figures are out of any range, and more letters are not told back.
_LONGEST = 100


class GoNumberError(ValueError):
    """A text that is no number; the message is Go's."""


def integer(text: str, bits: int = 64) -> int:
    """A number with a sign or without, in so many bits; GoNumberError."""
    half = 1 << (bits - 1)
    return _read("ParseInt", _INTEGER, text, range(-half, half))


def natural(text: str, bits: int = 64) -> int:
    """A number without a sign, in so many bits; GoNumberError."""
    return _read("ParseUint", _NATURAL, text, range(1 << bits))


def _read(function: str, form: re.Pattern[str], text: str, allowed: range) -> int:
    why = "invalid syntax"
    if form.fullmatch(text):
        sign, figures = text[0] if text[0] in "+-" else "", text.lstrip("+-").lstrip("0") or "0"
        number = int(sign + figures) if len(figures) <= _LONGEST else None
        # A range of numbers beyond 64 bits has no length, but knows what is in it.
        if number is not None and number in allowed:
            return number
        why = "value out of range"
    raise GoNumberError(f"strconv.{function}: parsing {quoted(text[:_LONGEST])}: {why}")
