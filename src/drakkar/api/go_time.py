"""Times as Go reads them from text: RFC 3339, and what is wrong with a text that is none, in Go's words."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from typing import NamedTuple

from drakkar.api.go_quoting import quoted
from drakkar.api.time import micro_time_text, time_text

# No time is longer, fractions of any length aside.
_LONGEST = 100


class _Part(NamedTuple):
    """One part of a layout: how Go names it, what it may be, and the range of its number, if that is looked at here."""

    name: str
    form: re.Pattern[str]
    what: str = ""
    least: int = 0
    most: int = 0


def _form(text: str) -> re.Pattern[str]:
    return re.compile(text, re.ASCII)


def _parts(seconds: Sequence[_Part]) -> tuple[_Part, ...]:
    two = _form(r"(\d\d)")
    return (
        _Part("2006", _form(r"(\d{4})")),
        _Part("-", _form("-")),
        _Part("01", two, "month", 1, 12),
        _Part("-", _form("-")),
        # The day is looked at last of all, when it is known which month it is of.
        _Part("02", two),
        _Part("T", _form("T")),
        _Part("15", _form(r"(\d\d?)"), "hour", 0, 23),
        _Part(":", _form(":")),
        _Part("04", two, "minute", 0, 59),
        _Part(":", _form(":")),
        *seconds,
        _Part("Z07:00", _form(r"(Z|[+-]\d\d:\d\d)")),
    )


_SECONDS = _Part("05", _form(r"(\d\d)([.,]\d+)?"), "second", 0, 59)
_WHOLE_SECONDS = _Part("05", _form(r"(\d\d)"), "second", 0, 59)
_TIME = ("2006-01-02T15:04:05Z07:00", _parts((_SECONDS,)))
_MICRO_TIME = (
    "2006-01-02T15:04:05.000000Z07:00",
    _parts((_WHOLE_SECONDS, _Part(".000000", _form(r"([.,]\d{6})")))),
)


# What a server writes itself; a day that not every month has is looked at in full.
_CANONICAL = re.compile(
    r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"
)


class GoTimeError(ValueError):
    """A text that is no time; the message is Go's."""


def canonical_time(text: str) -> str:
    """A Time as it is stored: in UTC, to the second. Raises GoTimeError."""
    if _CANONICAL.fullmatch(text):
        return text
    return time_text(_moment(text, *_TIME))


def canonical_micro_time(text: str) -> str:
    """A MicroTime as it is stored: in UTC, to the microsecond. Raises GoTimeError."""
    return micro_time_text(_moment(text, *_MICRO_TIME))


def _moment(text: str, layout: str, parts: Sequence[_Part]) -> datetime.datetime:
    shown = quoted(text[:_LONGEST])
    found = _read(text, shown, layout, parts)
    year, month, day, hour, minute, second = (int(number or 0) for number in found[:6])
    fraction, zone = (found[6] or "").lstrip(".,"), found[-1] or "Z"
    try:
        # Python's times end where Go's go on, and no clock has been there.
        moment = datetime.datetime(
            max(year, 1), month, day, hour, minute, second, int(fraction[:6].ljust(6, "0")), datetime.UTC
        )
    except ValueError:
        raise GoTimeError(f"parsing time {shown}: day out of range") from None
    away = datetime.timedelta()
    if zone != "Z":
        hours, minutes = int(zone[1:3]), int(zone[4:6])
        if hours > 24 or minutes > 60:
            which = "hour" if hours > 24 else "minute"
            raise GoTimeError(f"parsing time {shown}: time zone offset {which} out of range")
        away = datetime.timedelta(hours=hours, minutes=minutes) * (1 if zone[0] == "+" else -1)
    try:
        if not year:
            raise OverflowError
        return moment - away
    except OverflowError:
        raise GoTimeError(f"parsing time {shown}: year out of range") from None


def _read(text: str, shown: str, layout: str, parts: Sequence[_Part]) -> list[str | None]:
    """What the text has for each part that is no sign."""
    groups: list[str | None] = []
    at = 0
    for part in parts:
        found = part.form.match(text, at)
        if found is None:
            rest = quoted(text[at : at + _LONGEST])
            raise GoTimeError(
                f"parsing time {shown} as {quoted(layout)}: cannot parse {rest} as {quoted(part.name)}"
            )
        if part.what and not part.least <= int(found[1]) <= part.most:
            raise GoTimeError(f"parsing time {shown}: {part.what} out of range")
        groups += found.groups()
        at = found.end()
    if at < len(text):
        raise GoTimeError(f"parsing time {shown}: extra text: {quoted(text[at : at + _LONGEST])}")
    return groups
