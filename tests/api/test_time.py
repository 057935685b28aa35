"""Times on the wire: written in UTC, read with the zone they name."""

from __future__ import annotations

import datetime

import pytest

from drakkar.api.time import micro_time_text, time_of, time_or_none, time_text

EAST = datetime.timezone(datetime.timedelta(hours=2))
MOMENT = datetime.datetime(2026, 1, 2, 5, 4, 5, 67_891, EAST)


def test_times_are_written_in_utc() -> None:
    assert time_text(MOMENT) == "2026-01-02T03:04:05Z"
    assert micro_time_text(MOMENT) == "2026-01-02T03:04:05.067891Z"
    assert micro_time_text(MOMENT.replace(microsecond=0)) == "2026-01-02T03:04:05.000000Z"
    assert time_text(datetime.datetime(1, 1, 1, tzinfo=datetime.UTC)) == "0001-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "text",
    [
        *("2026-01-02T03:04:05Z", "2026-01-02T05:04:05+02:00", "2026-01-02T03:04:05"),
        *("2026-01-02T03:04:05.000000Z", "2026-01-02T03:04:05.000000000Z"),
    ],
)
def test_times_are_read_as_moments(text: str) -> None:
    assert time_of(text) == MOMENT.replace(microsecond=0)
    assert time_or_none(text) == time_of(text)


@pytest.mark.parametrize("text", [None, "", "soon", 5, {}])
def test_what_is_no_time_is_none(text: object) -> None:
    assert time_or_none(text) is None
