"""Schedules of CronJobs: five fields, or a word for the usual ones."""

from __future__ import annotations

import re
import zoneinfo
from datetime import UTC, datetime, timedelta, tzinfo
from fractions import Fraction
from typing import NamedTuple, Protocol

from drakkar.api.calendar_times import Calendar
from drakkar.api.go_quoting import quoted

_IS_INTEGER = re.compile("[+-]?[0-9]+", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_WORDS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_EVERY = "@every "
_DURATION = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_LONGEST = 2**63 - 1
_UNITS = {"ns": 10**-9, "us": 10**-6, "µs": 10**-6, "μs": 10**-6, "ms": 10**-3, "s": 1, "m": 60, "h": 3600}


class _Field(NamedTuple):
    least: int
    most: int
    names: dict[str, int]


_FIELDS = (
    _Field(0, 59, {}),
    _Field(0, 23, {}),
    _Field(1, 31, {}),
    _Field(1, 12, {name: at for at, name in enumerate(_MONTHS, 1)}),
    _Field(0, 6, {name: at for at, name in enumerate(_DAYS)}),
)


class ScheduleError(Exception):
    """A schedule that cannot be read."""


class Schedule(Protocol):
    """When something is to be done."""

    def next(self, after: datetime) -> datetime | None:
        """The first time after this one, both in UTC; None where there is none in years."""


class _Every(NamedTuple):
    seconds: int

    def next(self, after: datetime) -> datetime | None:
        try:
            return after.replace(microsecond=0) + timedelta(seconds=self.seconds)
        except OverflowError:
            return None


def schedule_error(schedule: str) -> str:
    """What is wrong with a schedule, empty if nothing is; a time zone before it is passed over."""
    try:
        _read(_without_zone(schedule)[1], UTC)
    except ScheduleError as wrong:
        return str(wrong)
    return ""


def schedule_of(text: str, zone: str | None = None) -> Schedule:
    """A schedule in a time zone, UTC where there is none; one that stands before it (TZ=) counts. ScheduleError."""
    own, rest = _without_zone(text)
    name = own or zone or "UTC"
    try:
        known: tzinfo = UTC if name == "Local" else zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        raise ScheduleError(f"provided bad location {name}: unknown time zone {name}") from None
    return _read(rest, known)


def _without_zone(schedule: str) -> tuple[str, str]:
    """The time zone before a schedule, empty for none, and the rest."""
    if not schedule.startswith(("TZ=", "CRON_TZ=")):
        return "", schedule
    zone, blank, rest = schedule.partition(" ")
    if not blank:
        raise ScheduleError("invalid schedule format: runtime error: slice bounds out of range [:-1]")
    return zone.partition("=")[2], rest.strip()


def _read(schedule: str, zone: tzinfo) -> Schedule:
    if schedule.startswith("@"):
        if schedule.startswith(_EVERY):
            return _every(schedule)
        if schedule not in _WORDS:
            raise ScheduleError(f"unrecognized descriptor: {schedule}")
        schedule = _WORDS[schedule]
    given = schedule.split()
    if len(given) != len(_FIELDS):
        raise ScheduleError(f"expected exactly 5 fields, found {len(given)}: [{' '.join(given)}]")
    values: list[frozenset[int]] = []
    open_fields: list[bool] = []
    for text, field in zip(given, _FIELDS, strict=True):
        ranges = [_range(expression, field) for expression in filter(None, text.split(","))]
        values.append(frozenset(value for span, _ in ranges for value in span))
        open_fields.append(any(is_open for _, is_open in ranges))
    minutes, hours, days, months, weekdays = values
    return Calendar(minutes, hours, days, months, weekdays, open_fields[2] or open_fields[4], zone)


def _every(schedule: str) -> _Every:
    duration = schedule.removeprefix(_EVERY)
    if not duration or re.sub(_DURATION, "", duration) not in ("", "0"):
        raise ScheduleError(f"failed to parse duration {schedule}: time: invalid duration {quoted(duration)}")
    seconds = sum(
        Fraction(found[1].rstrip(".") or 0) * Fraction(str(_UNITS[found[3]]))
        for found in _DURATION.finditer(duration)
    )
    return _Every(1 if duration.startswith("-") else max(1, int(seconds)))


def _range(expression: str, field: _Field) -> tuple[range, bool]:
    """The values that an expression names, and whether it leaves the field open: a star without a step."""
    span, *steps = expression.split("/")
    ends = span.split("-")
    if ends[0] in ("*", "?"):
        start, end = field.least, field.most
    else:
        start = end = _number(ends[0], field.names)
        if len(ends) == 2:
            end = _number(ends[1], field.names)
        elif len(ends) > 2:
            raise ScheduleError(f"too many hyphens: {expression}")
    step = 1
    if len(steps) > 1:
        raise ScheduleError(f"too many slashes: {expression}")
    if steps:
        step = _number(steps[0], {})
        # One number with a step stands for all from there on.
        end = field.most if len(ends) == 1 else end
    if start < field.least:
        raise ScheduleError(f"beginning of range ({start}) below minimum ({field.least}): {expression}")
    if end > field.most:
        raise ScheduleError(f"end of range ({end}) above maximum ({field.most}): {expression}")
    if start > end:
        raise ScheduleError(f"beginning of range ({start}) beyond end of range ({end}): {expression}")
    if step == 0:
        raise ScheduleError(f"step of range should be a positive number: {expression}")
    return range(start, end + 1, step), ends[0] in ("*", "?") and step == 1


def _number(text: str, names: dict[str, int]) -> int:
    if text.lower() in names:
        return names[text.lower()]
    failed = f"failed to parse int from {text}: strconv.Atoi: parsing {quoted(text)}"
    if not _IS_INTEGER.fullmatch(text):
        raise ScheduleError(f"{failed}: invalid syntax")
    # Long numbers are not read at all.
    if len(text.lstrip("+-0")) > 19 or int(text) > _LONGEST:
        raise ScheduleError(f"{failed}: value out of range")
    if int(text) < 0:
        raise ScheduleError(f"negative number ({int(text)}) not allowed: {text}")
    return int(text)
