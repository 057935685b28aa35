"""Arithmetic on timestamps and durations, and what a clock and a calendar in some time zone say of them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from drakkar.cel.library.number_text import parse_int
from drakkar.cel.library.time_values import (
    SECOND,
    Duration,
    Timestamp,
    date_of_days,
    days_of_date,
    duration,
    float_units,
    quotient,
    split_days,
    timestamp,
)
from drakkar.cel.outcome import Fault

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Where the offset of a zone is asked for: two days inside what a datetime can hold in any zone.
_FIRST: Final = -62_135_596_800 + 2 * 86_400
_LAST: Final = 253_402_300_799 - 2 * 86_400
_MINUTE: Final = 60 * SECOND
_HOUR: Final = 60 * _MINUTE
_SHOWN: Final = 64


def add_durations(left: Duration, right: Duration) -> Duration:
    """The sum; Fault beyond 64 bits of nanoseconds."""
    return duration(left.nanos + right.nanos)


def subtract_durations(left: Duration, right: Duration) -> Duration:
    """The difference; Fault beyond 64 bits of nanoseconds."""
    return duration(left.nanos - right.nanos)


def negate_duration(value: Duration) -> Duration:
    """The opposite span; the most negative one has none."""
    return duration(-value.nanos)


def later(moment: Timestamp, span: Duration) -> Timestamp:
    """The moment moved on; it keeps the offset it was written with."""
    return timestamp(moment.nanos + span.nanos, moment.offset)


def earlier(moment: Timestamp, span: Duration) -> Timestamp:
    """The moment moved back, which upstream does by the opposite span: the most negative one is refused."""
    return later(moment, negate_duration(span))


def between(left: Timestamp, right: Timestamp) -> Duration:
    """From right to left; Fault where the whole seconds alone do not fit, as upstream looks at them first."""
    duration((left.nanos // SECOND - right.nanos // SECOND) * SECOND)
    return duration(left.nanos - right.nanos)


class Reading(NamedTuple):
    """What calendar and clock show at one moment in one place."""

    days: int
    clock: int
    nanos: int

    @property
    def date(self) -> tuple[int, int, int]:
        """Year, month and day."""
        return date_of_days(self.days)

    @property
    def day_of_year(self) -> int:
        """Days since the first of January."""
        return self.days - days_of_date(self.date[0], 1, 1)


def read(moment: Timestamp, zone: str = "") -> Reading:
    """Calendar and clock in a zone: an IANA name, hours and minutes from UTC such as -08:00, or UTC by default."""
    seconds, nanos = divmod(moment.nanos, SECOND)
    if zone:
        seconds += _fixed_offset(zone) if ":" in zone else _zone_offset(zone, seconds)
    return Reading(*split_days(seconds), nanos)


def _fixed_offset(zone: str) -> int:
    """Seconds from UTC; like upstream it takes any two numbers, and lets them wrap around."""
    hours, _, minutes = zone.partition(":")
    ahead, rest = parse_int(hours), parse_int(minutes)
    total = _wrapped(ahead * 60 + (-rest if zone[0] == "-" else rest))
    return int(float_units(_wrapped(total * _MINUTE), SECOND))


def _wrapped(value: int) -> int:
    return (value + 2**63) % 2**64 - 2**63


def _zone_offset(zone: str, seconds: int) -> int:
    # The local zone of a control plane is UTC.
    if zone in ("UTC", "Local"):
        return 0
    moment = _EPOCH + timedelta(seconds=min(max(seconds, _FIRST), _LAST))
    offset = moment.astimezone(_zone(zone)).utcoffset()
    return 0 if offset is None else round(offset.total_seconds())


# Zones that do not exist are looked for on disk: they are remembered too.
@functools.lru_cache(maxsize=256)
def _find_zone(zone: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _zone(zone: str) -> ZoneInfo:
    # No name is longer than 64 characters; what is longer shall not fill the cache.
    found = _find_zone(zone) if len(zone) <= _SHOWN else None
    if found is None:
        raise Fault(f"unknown time zone {zone[:_SHOWN]}")
    return found


def _hours(value: Duration) -> int:
    return int(float_units(value.nanos, _HOUR))


def _minutes(value: Duration) -> int:
    return int(float_units(value.nanos, _MINUTE))


def _seconds(value: Duration) -> int:
    return int(float_units(value.nanos, SECOND))


def _milliseconds(value: Duration) -> int:
    return quotient(value.nanos, 10**6)


# By overload id; months, days of the month and days of the year count from 0, getDate from 1, Sunday is 0.
_READINGS: Final[Mapping[str, Callable[[Reading], int]]] = {
    "timestamp_to_year": lambda reading: reading.date[0],
    "timestamp_to_month": lambda reading: reading.date[1] - 1,
    "timestamp_to_day_of_year": lambda reading: reading.day_of_year,
    "timestamp_to_day_of_month": lambda reading: reading.date[2] - 1,
    "timestamp_to_day_of_month_1_based": lambda reading: reading.date[2],
    # The first of January 1970 was a Thursday.
    "timestamp_to_day_of_week": lambda reading: (reading.days + 4) % 7,
    "timestamp_to_hours": lambda reading: reading.clock // 3_600,
    "timestamp_to_minutes": lambda reading: reading.clock // 60 % 60,
    "timestamp_to_seconds": lambda reading: reading.clock % 60,
    "timestamp_to_milliseconds": lambda reading: reading.nanos // 10**6,
}


def _getter(show: Callable[[Reading], int]) -> Callable[..., int]:
    return lambda moment, zone="": show(read(moment, zone))


def _with_zone(overload: str) -> str:
    return overload + ("_tz" if overload == "timestamp_to_seconds" else "_with_tz")


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "add_duration_duration": add_durations,
    "add_duration_timestamp": lambda span, moment: later(moment, span),
    "add_timestamp_duration": later,
    "subtract_duration_duration": subtract_durations,
    "subtract_timestamp_duration": earlier,
    "subtract_timestamp_timestamp": between,
    # No overload upstream, yet what `-` does when it meets a duration at run time.
    "negate_duration": negate_duration,
    "duration_to_hours": _hours,
    "duration_to_minutes": _minutes,
    "duration_to_seconds": _seconds,
    "duration_to_milliseconds": _milliseconds,
    **{overload: _getter(show) for overload, show in _READINGS.items()},
    **{_with_zone(overload): _getter(show) for overload, show in _READINGS.items()},
}
