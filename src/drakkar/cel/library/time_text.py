"""How timestamps and durations are read and written, as Go's RFC 3339 and duration texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from drakkar.cel.library.number_text import natural, positional
from drakkar.cel.library.time_values import (
    SECOND,
    Duration,
    Timestamp,
    date_of_days,
    days_of_date,
    float_units,
    split_days,
    timestamp,
)
from drakkar.cel.outcome import Fault

# Go takes an hour of one digit, a decimal comma, and offsets of up to 24:60.
_RFC3339: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{1,2}):([0-9]{2}):([0-9]{2})"
    r"(?:[.,]([0-9]+))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
_MONTHS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_TERM: Final = re.compile(r"([0-9]*+)(?:\.([0-9]*+))?([^.0-9]++)")
_UNITS: Final[Mapping[str, int]] = {
    "ns": 1,
    "us": 1_000,
    "\u00b5s": 1_000,
    "\u03bcs": 1_000,
    "ms": 1_000_000,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3_600 * SECOND,
}
_LIMIT: Final = 2**63
_SHOWN: Final = 64


def _month_length(year: int, month: int) -> int:
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return _MONTHS[month - 1] + leap


def parse_timestamp(text: str) -> Timestamp:
    """Read an RFC 3339 time; digits beyond nanoseconds are dropped, and the offset is kept for printing."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise Fault(f"type conversion error from 'string' to 'google.protobuf.Timestamp': {text[:_SHOWN]!r}")
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    offset_hours, offset_minutes = int(match[9] or 0), int(match[10] or 0)
    if not (
        1 <= month <= 12
        and 1 <= day <= _month_length(year, month)
        and hour < 24
        and minute < 60
        and second < 60
        and offset_hours <= 24
        and offset_minutes <= 60
    ):
        raise Fault(f"type conversion error from 'string' to 'google.protobuf.Timestamp': {text[:_SHOWN]!r}")
    offset = (offset_hours * 60 + offset_minutes) * 60 * (-1 if match[8] == "-" else 1)
    seconds = days_of_date(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset
    fraction = int((match[7] or "")[:9].ljust(9, "0"))
    return timestamp(seconds * SECOND + fraction, offset)


def timestamp_text(value: Timestamp) -> str:
    """RFC 3339 with the offset that the timestamp carries, and no trailing zeros in its fraction."""
    seconds, nanos = divmod(value.nanos, SECOND)
    days, clock = split_days(seconds + value.offset)
    year, month, day = date_of_days(days)
    text = f"{year:04}-{month:02}-{day:02}T{clock // 3600:02}:{clock // 60 % 60:02}:{clock % 60:02}"
    if nanos:
        text += f".{nanos:09}".rstrip("0")
    if not value.offset:
        return text + "Z"
    minutes = abs(value.offset) // 60
    return f"{text}{'-' if value.offset < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"


def parse_duration(text: str) -> Duration:
    """Read a Go duration such as "1h30m" or "-1.5s"; only "0" needs no unit."""
    body = text[1:] if text[:1] in ("+", "-") else text
    if body == "0":
        return Duration(0)
    total = position = 0
    while position < len(body) or not body:
        match = _TERM.match(body, position)
        amount = _amount(*match.groups()) if match else None
        if match is None or amount is None:
            raise _no_duration(text)
        # Two terms of 2**63 wrap around in upstream's unsigned sum.
        total = (total + amount) % 2**64
        if total > _LIMIT:
            raise _no_duration(text)
        position = match.end()
    if text[0] == "-":
        return Duration(-total)
    if total == _LIMIT:
        raise _no_duration(text)
    return Duration(total)


def _no_duration(text: str) -> Fault:
    return Fault(f"type conversion error from 'string' to 'google.protobuf.Duration': {text[:_SHOWN]!r}")


def _amount(whole: str, fraction: str | None, name: str) -> int | None:
    """One number with its unit, in nanoseconds; None where it is malformed or too large."""
    unit = _UNITS.get(name)
    amount = natural(whole)
    if unit is None or not (whole or fraction) or amount is None or amount > _LIMIT // unit:
        return None
    amount *= unit
    part, scale = _fraction(fraction or "")
    if part:
        # Floats, in this order, as upstream does it: the last nanosecond depends on it.
        amount += int(float(part) * (float(unit) / scale))
    return amount if amount <= _LIMIT else None


def _fraction(digits: str) -> tuple[int, float]:
    """The digits of a fraction as a number and its scale; those that no longer fit into 63 bits are dropped."""
    value, scale = 0, 1.0
    for digit in digits:
        if value > (_LIMIT - 1) // 10 or (longer := value * 10 + int(digit)) > _LIMIT:
            break
        value, scale = longer, scale * 10
    return value, scale


def duration_text(value: Duration) -> str:
    """Seconds in plain decimal notation, as precise as a double is, and an s."""
    return positional(float_units(value.nanos, SECOND)) + "s"
