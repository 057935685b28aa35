"""When schedules come, in the days on which clocks are changed and leap days too."""

from __future__ import annotations

import datetime
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drakkar.api.schedule import schedule_of
from drakkar.api.time import time_of, time_text


@pytest.mark.parametrize(
    ("schedule", "zone", "after", "then"),
    [
        ("@hourly", None, "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"),
        ("@every 90m", None, "2026-01-01T00:00:10Z", "2026-01-01T01:30:10Z"),
        ("@every 1ms", None, "2026-01-01T00:00:10Z", "2026-01-01T00:00:11Z"),
        ("*/15 * * * *", None, "2026-01-01T00:46:00Z", "2026-01-01T01:00:00Z"),
        ("0 0 29 2 *", None, "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
        # A day of the month or of the week, unless one of them is left open.
        ("0 0 13 * FRI", None, "2026-02-01T00:00:00Z", "2026-02-06T00:00:00Z"),
        ("0 0 */2 * FRI", None, "2026-02-01T12:00:00Z", "2026-02-03T00:00:00Z"),
        ("0 0 * * FRI", None, "2026-02-01T00:00:00Z", "2026-02-06T00:00:00Z"),
        # Cairo puts its clocks forward at a midnight: Go passes over the day that has none.
        ("30 9 * * 5,0", "Africa/Cairo", "2026-04-22T00:00:00Z", "2026-04-26T06:30:00Z"),
        ("0 0 24 4 *", "Africa/Cairo", "2026-04-22T00:00:00Z", "2027-04-23T22:00:00Z"),
        # There is no half past two on the day on which clocks are put forward.
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z"),
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"),
        ("TZ=Asia/Tokyo 0 9 * * *", "Europe/Berlin", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
        ("0 0 31 2 *", None, "2026-01-01T00:00:00Z", None),
    ],
)
def test_the_next_time(schedule: str, zone: str | None, after: str, then: str | None) -> None:
    found = schedule_of(schedule, zone).next(time_of(after))
    assert (found and time_text(found)) == then


@given(
    st.datetimes(min_value=time_of("2020-01-01T00:00:00").replace(tzinfo=None)).filter(
        lambda at: at.year < 2090
    ),
    st.sampled_from([None, "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe"]),
    st.integers(0, 59),
    st.integers(0, 23),
)
def test_it_comes_later_and_at_that_time(
    at: datetime.datetime, zone: str | None, minute: int, hour: int
) -> None:
    after = at.replace(tzinfo=datetime.UTC)
    found = schedule_of(f"{minute} {hour} * * *", zone).next(after)
    assert found is not None and after < found < after + datetime.timedelta(days=3)
    local = found.astimezone(zoneinfo.ZoneInfo(zone or "UTC"))
    assert (local.hour, local.minute, local.second) == (hour, minute, 0)
