"""Schedules of CronJobs: what can be read, and what is said of the rest."""

from __future__ import annotations

import pytest

from drakkar.api.schedule import schedule_error


@pytest.mark.parametrize(
    "schedule",
    [
        *("* * * * *", "*/5 1-3,5 ? JAN MON-FRI", "0/15 0 1 12 6", "  1 2 3 4 5 ", "1,2, * * * *"),
        *("@hourly", "@every 5m", "@every 1h30m", "@every 0", "TZ=UTC * * * * *"),
    ],
)
def test_what_can_be_read(schedule: str) -> None:
    assert schedule_error(schedule) == ""


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("x", "expected exactly 5 fields, found 1: [x]"),
        ("* * * * * *", "expected exactly 5 fields, found 6: [* * * * * *]"),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
        ("1/2/3 * * * *", "too many slashes: 1/2/3"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("a * * * *", 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax'),
        ("* * * * JAN", 'failed to parse int from JAN: strconv.Atoi: parsing "JAN": invalid syntax'),
        (
            f"{'9' * 30} * * * *",
            f'failed to parse int from {"9" * 30}: strconv.Atoi: parsing "{"9" * 30}": value out of range',
        ),
        ("@sometimes", "unrecognized descriptor: @sometimes"),
        ("@every x", 'failed to parse duration @every x: time: invalid duration "x"'),
    ],
)
def test_what_cannot_be_read(schedule: str, said: str) -> None:
    assert schedule_error(schedule) == said


def test_a_long_schedule_is_read_in_no_time() -> None:
    assert schedule_error(",".join(["1"] * 100_000) + " * * * *") == ""
    assert "too many hyphens" in schedule_error("1" + "-1" * 100_000 + " * * * *")
