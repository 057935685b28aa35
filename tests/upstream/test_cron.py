"""Schedules against the parser of kube-controller-manager: which moments they mean, where clocks are changed too."""

from __future__ import annotations

import datetime
import itertools
import random
import zoneinfo
from pathlib import Path
from typing import Any

import pytest

from drakkar.api.schedule import ScheduleError, schedule_of

from .line_pipe import ask_all

pytestmark = pytest.mark.upstream
Object = dict[str, Any]

# Some change their clocks at midnight, some by half an hour, some never.
ZONES = (
    *("UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "Asia/Beirut"),
    *("America/Santiago", "Africa/Cairo", "Pacific/Apia", "America/St_Johns"),
)
_FIRST = int(datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC).timestamp())
_SECONDS = 2 * 365 * 86400
_WORDS = ("@hourly", "@daily", "@weekly", "@monthly", "@yearly", "@every 90m", "@every 1h1.5s", "@every 1ms")
_HOW_MANY = 4


def _field(random_: random.Random, least: int, most: int) -> str:
    low = random_.randint(least, most)
    high, step = random_.randint(low, most), random_.randint(1, 9)
    ways = ("*", "*", "?", str(low), f"{low}-{high}", f"*/{step}", f"{low}-{high}/{step}", f"{low}/{step}")
    return ",".join(random_.choice(ways) for _ in range(random_.choice((1, 1, 1, 2))))


def _schedule(random_: random.Random) -> str:
    if random_.random() < 0.05:
        return random_.choice(_WORDS)
    spans = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
    return " ".join(_field(random_, *span) for span in spans)


def _near_a_change(random_: random.Random, zone: str) -> int:
    """A moment in the day before a clock is changed, if it ever is."""
    place, at = zoneinfo.ZoneInfo(zone), _FIRST + random_.randrange(_SECONDS)
    days = [datetime.datetime.fromtimestamp(at + 86400 * day, place) for day in range(370)]
    changed = [
        int(one.timestamp())
        for one, other in itertools.pairwise(days)
        if one.utcoffset() != other.utcoffset()
    ]
    return (random_.choice(changed) if changed else at) - random_.randrange(86400)


def _ours(question: Object) -> list[int]:
    at: datetime.datetime | None = datetime.datetime.fromtimestamp(question["moment"], datetime.UTC)
    found = []
    try:
        schedule = schedule_of(question["schedule"], question["zone"])
    except ScheduleError:
        return []
    for _ in range(_HOW_MANY):
        assert at is not None
        at = schedule.next(at)
        if at is None:
            break
        found.append(int(at.timestamp()))
    return found


def test_the_same_moments(cron_137: Path) -> None:
    random_ = random.Random(7)
    questions = []
    for _ in range(4000):
        zone = random_.choice(ZONES)
        near = random_.random() < 0.6
        moment = _near_a_change(random_, zone) if near else _FIRST + random_.randrange(_SECONDS)
        questions.append({"schedule": _schedule(random_), "zone": zone, "moment": moment})
    answers = ask_all(cron_137, questions)
    different = [
        (question, answer, mine)
        for question, answer in zip(questions, answers, strict=True)
        if answer != (mine := _ours(question))
    ]
    assert sum(map(bool, answers)) > len(answers) / 2
    assert not different, (len(different), different[:8])
