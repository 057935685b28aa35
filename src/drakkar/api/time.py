"""Times as the API writes them: RFC 3339, in UTC."""

from __future__ import annotations

import datetime


def _written(moment: datetime.datetime, to: str) -> str:
    return moment.astimezone(datetime.UTC).replace(tzinfo=None).isoformat(timespec=to) + "Z"


def time_text(moment: datetime.datetime) -> str:
    """A moment as a Time has it: to the second, what is over left off."""
    return _written(moment, "seconds")


def micro_time_text(moment: datetime.datetime) -> str:
    """A moment as a MicroTime has it: to the microsecond."""
    return _written(moment, "microseconds")


def time_of(text: str) -> datetime.datetime:
    """The moment that a text stands for, in UTC if it names no zone; ValueError for a text that is none."""
    found = datetime.datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


def time_or_none(text: object) -> datetime.datetime | None:
    """The moment that a field holds; None where there is none, or nothing that can be read."""
    if not isinstance(text, str):
        return None
    try:
        return time_of(text)
    except ValueError:
        return None
