"""Texts of a format that rules see as something else: points in time, spans, bytes."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from drakkar.cel.library.time_text import parse_duration, parse_timestamp
from drakkar.cel.library.time_values import SECOND, duration
from drakkar.cel.outcome import Fault

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LOCAL: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?", re.ASCII)
_PARTS: Final = re.compile(r"(\d+)\s*([A-Za-z\u00b5]+)", re.ASCII)
# The last name of each unit may go on.
_UNITS: Final = (
    (("ns", "nano"), 1),
    (("us", "\u00b5s", "micro"), 1_000),
    (("ms", "milli"), 1_000_000),
    (("s", "sec"), SECOND),
    (("m", "min"), 60 * SECOND),
    (("h", "hr", "hour"), 3_600 * SECOND),
    (("d", "day"), 86_400 * SECOND),
    (("w", "wk", "week"), 7 * 86_400 * SECOND),
)


def _date_time(text: str) -> Any:
    return parse_timestamp(f"{text}Z" if _LOCAL.fullmatch(text) else text)


def _date(text: str) -> Any:
    if not _DATE.fullmatch(text):
        raise Fault("no date")
    return parse_timestamp(f"{text}T00:00:00Z")


def _duration(text: str) -> Any:
    """As Go has it, or in longer words."""
    try:
        return parse_duration(text)
    except Fault:
        found = [amount for part in _PARTS.finditer(text) if (amount := _amount(*part.groups())) is not None]
        if not found:
            raise Fault(f"unable to parse {text} as duration") from None
        return duration(sum(found))


def _amount(count: str, unit: str) -> int | None:
    unit = unit.lower()
    for names, nanos in _UNITS:
        if unit in names or unit.startswith(names[-1]):
            return int(count[:20]) * nanos
    return None


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as failure:
        raise Fault(str(failure)) from None


_WAYS: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "date-time": ("Invalid date-time formatted string", _date_time),
    "date": ("Invalid date formatted string", _date),
    "duration": ("Invalid duration", _duration),
    "byte": ("Invalid byte formatted string", _bytes),
}


def formatted(text: str, named: str) -> Any:
    """What a text of a format is to rules; Fault where it has not that format."""
    way = _WAYS.get(named)
    if way is None:
        return text
    try:
        return way[1](text)
    except Fault as fault:
        raise Fault(f"{way[0]} {text}: {fault}") from None
