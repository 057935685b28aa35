"""Timestamps and durations: every expected value is what cel-go gave for the same call."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.cel.library.time import FUNCTIONS
from drakkar.cel.library.time_values import Duration, Timestamp
from drakkar.cel.outcome import Fault

NANO = 10**9
FIRST = Timestamp(-62_135_596_800 * NANO)
LAST = Timestamp(253_402_300_800 * NANO - 1)
LONGEST = Duration(2**63 - 1)
SHORTEST = Duration(-(2**63))
# 2024-02-29T23:30:45.123456789Z, a Thursday.
LEAP = Timestamp(1_709_249_445_123_456_789)

CASES: list[tuple[str, tuple[Any, ...], Any]] = [
    ("add_duration_duration", (Duration(1), Duration(-2)), Duration(-1)),
    ("add_duration_timestamp", (Duration(NANO), Timestamp(0)), Timestamp(NANO)),
    ("add_timestamp_duration", (FIRST, Duration(1)), Timestamp(FIRST.nanos + 1)),
    ("subtract_duration_duration", (SHORTEST, SHORTEST), Duration(0)),
    ("subtract_timestamp_duration", (Timestamp(0), Duration(1)), Timestamp(-1)),
    ("subtract_timestamp_timestamp", (Timestamp(5), Timestamp(7)), Duration(-2)),
    ("negate_duration", (LONGEST,), Duration(-(2**63) + 1)),
    ("duration_to_hours", (Duration(-5_400 * NANO),), -1),
    ("duration_to_hours", (Duration(2_000_000 * 3_600 * NANO - 1),), 2_000_000),
    ("duration_to_minutes", (LONGEST,), 153_722_867),
    ("duration_to_seconds", (Duration(NANO - 1),), 0),
    ("duration_to_seconds", (Duration(9_000_000_000 * NANO - 1),), 9_000_000_000),
    ("duration_to_milliseconds", (Duration(-1_999_999),), -1),
    ("timestamp_to_year", (LEAP,), 2024),
    ("timestamp_to_month", (LEAP,), 1),
    ("timestamp_to_day_of_year", (LEAP,), 59),
    ("timestamp_to_day_of_month", (LEAP,), 28),
    ("timestamp_to_day_of_month_1_based", (LEAP,), 29),
    ("timestamp_to_day_of_week", (LEAP,), 4),
    ("timestamp_to_hours", (LEAP,), 23),
    ("timestamp_to_minutes", (LEAP,), 30),
    ("timestamp_to_seconds", (LEAP,), 45),
    ("timestamp_to_milliseconds", (LEAP,), 123),
    ("timestamp_to_year", (Timestamp(0, 3_600),), 1970),
    ("timestamp_to_hours_with_tz", (LEAP, "+05:30"), 5),
    ("timestamp_to_minutes_with_tz", (LEAP, "-00:45"), 45),
    ("timestamp_to_minutes_with_tz", (LEAP, "+1:-30"), 0),
    ("timestamp_to_day_of_month_with_tz", (LEAP, "Europe/Berlin"), 0),
    ("timestamp_to_day_of_month_1_based_with_tz", (LEAP, "America/New_York"), 29),
    ("timestamp_to_hours_with_tz", (LEAP, "Asia/Kathmandu"), 5),
    ("timestamp_to_seconds_tz", (FIRST, "Europe/Berlin"), 28),
    ("timestamp_to_year_with_tz", (FIRST, "America/New_York"), 0),
    ("timestamp_to_year_with_tz", (LAST, "Asia/Tokyo"), 10_000),
    ("timestamp_to_day_of_week_with_tz", (LAST, "-99:99"), 1),
    ("timestamp_to_year_with_tz", (Timestamp(0), "99999999999:00"), 1759),
    ("timestamp_to_month_with_tz", (LEAP, ""), 1),
    ("timestamp_to_day_of_year_with_tz", (LEAP, "UTC"), 59),
    ("timestamp_to_milliseconds_with_tz", (LEAP, "Local"), 123),
]
FAULTS: list[tuple[str, tuple[Any, ...]]] = [
    ("add_duration_duration", (LONGEST, Duration(1))),
    ("add_timestamp_duration", (LAST, Duration(1))),
    ("add_duration_timestamp", (Duration(-1), FIRST)),
    ("subtract_duration_duration", (Duration(0), SHORTEST)),
    ("subtract_timestamp_duration", (Timestamp(0), SHORTEST)),
    ("subtract_timestamp_timestamp", (LAST, FIRST)),
    ("subtract_timestamp_timestamp", (Timestamp(-9_223_372_036_500_000_000), Timestamp(0))),
    ("negate_duration", (SHORTEST,)),
    *(
        ("timestamp_to_hours_with_tz", (LEAP, zone))
        for zone in (
            "europe/berlin",
            "Europe",
            "../UTC",
            "/etc/localtime",
            ":30",
            "1:",
            "a:b",
            "1:2:3",
            "x" * 5_000,
        )
    ),
]


@pytest.mark.parametrize(("overload", "arguments", "expected"), CASES)
def test_gives_what_upstream_gives(overload: str, arguments: tuple[Any, ...], expected: Any) -> None:
    assert FUNCTIONS[overload](*arguments) == expected


@pytest.mark.parametrize(("overload", "arguments"), FAULTS)
def test_fails_where_upstream_fails(overload: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(Fault):
        FUNCTIONS[overload](*arguments)


def test_a_moved_timestamp_keeps_the_offset_it_was_written_with() -> None:
    assert FUNCTIONS["add_timestamp_duration"](Timestamp(0, 7_200), Duration(1)).offset == 7_200


def test_the_offset_of_a_timestamp_counts_neither_for_equality_nor_for_order() -> None:
    assert Timestamp(1, 60) == Timestamp(1)
    assert hash(Timestamp(1, 60)) == hash(Timestamp(1))
    assert Timestamp(1, 60) < Timestamp(2, -60)
