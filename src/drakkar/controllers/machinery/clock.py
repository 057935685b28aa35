"""The present, and how long ago something was."""

from __future__ import annotations

import datetime

from drakkar.api.time import time_or_none


def now() -> datetime.datetime:
    """The present, in UTC."""
    return datetime.datetime.now(datetime.UTC)


def seconds_since(text: str | None, moment: datetime.datetime) -> float:
    """Seconds from a time of the API to `moment`; zero when there is no such time."""
    begun = time_or_none(text)
    return 0.0 if begun is None else (moment - begun).total_seconds()
