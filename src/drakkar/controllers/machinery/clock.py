"""Times as the API writes them."""

from __future__ import annotations

import datetime


def now() -> datetime.datetime:
    """The present, in UTC."""
    return datetime.datetime.now(datetime.UTC)


def written(moment: datetime.datetime) -> str:
    """A moment as the API writes it, to the second."""
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(text: str | None) -> datetime.datetime | None:
    """A moment of the API; None for none, or for a text that is none."""
    if not text:
        return None
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        return None


def seconds_since(text: str | None, moment: datetime.datetime) -> float:
    """Seconds from a time of the API to `moment`; zero when there is no such time."""
    begun = parse(text)
    return 0.0 if begun is None else (moment - begun).total_seconds()
