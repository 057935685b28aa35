"""Points in time and spans between them, in whole nanoseconds, and the calendar that dates them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Final

from drakkar.cel.outcome import Fault

SECOND: Final = 10**9
_DAY: Final = 86_400
# 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z, in seconds since 1970.
_FIRST: Final = -62_135_596_800
_LAST: Final = 253_402_300_799


@dataclass(frozen=True, slots=True, order=True)
class Timestamp:
    """A point in time, counted from 1970 UTC.

    `offset` is the offset from UTC, in seconds, that the timestamp was written with; it only shows in its text.
    """

    cel_type: ClassVar[str] = "google.protobuf.Timestamp"

    nanos: int
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A span of time, of either sign."""

    cel_type: ClassVar[str] = "google.protobuf.Duration"

    nanos: int


def timestamp(nanos: int, offset: int = 0) -> Timestamp:
    """The point in time; Fault outside the years 1 to 9999, UTC."""
    if not _FIRST <= nanos // SECOND <= _LAST:
        raise Fault("timestamp overflow")
    return Timestamp(nanos, offset)


def duration(nanos: int) -> Duration:
    """The span; Fault where its nanoseconds do not fit into 64 bits."""
    if not -(2**63) <= nanos < 2**63:
        raise Fault("integer overflow")
    return Duration(nanos)


def quotient(left: int, right: int) -> int:
    """Left by right, towards zero, where Python's own division rounds down; right is positive."""
    return left // right if left >= 0 else -(-left // right)


def float_units(nanos: int, unit: int) -> float:
    """A span in units, with the very rounding of upstream: whole units and the rest are added as floats."""
    whole = quotient(nanos, unit)
    return float(whole) + float(nanos - whole * unit) / float(unit)


def days_of_date(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01 to a date of the Gregorian calendar, extended to all years before and after."""
    # Years are counted from March, so that the leap day comes last.
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def date_of_days(days: int) -> tuple[int, int, int]:
    """Year, month and day; the reverse of `days_of_date`."""
    era, of_era = divmod(days + 719_468, 146_097)
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    day = of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    return year + era * 400 + (month <= 2), month, day


def split_days(seconds: int) -> tuple[int, int]:
    """Seconds since 1970 as days and seconds of the day."""
    return divmod(seconds, _DAY)
