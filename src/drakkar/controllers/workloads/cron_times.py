"""When a CronJob is to start its next job, and which start it has missed; pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from drakkar.api.schedule import Schedule
from drakkar.api.time import time_or_none
from drakkar.api.workloads import CronJob

_MANY = 100
# Clocks that are not quite alike shall not make it look too early.
_LATER_S = 0.1


class InvalidScheduleError(Exception):
    """A schedule of times that never come."""


class Missed(NamedTuple):
    """From when on starts are looked for, the latest that is due if any is, and how many there are about."""

    since: datetime
    latest: datetime | None
    starts: int

    @property
    def too_many(self) -> bool:
        return self.starts > _MANY


def missed(cron_job: CronJob, schedule: Schedule, moment: datetime, bounded: bool = True) -> Missed:
    """The starts that are due. `bounded` leaves out those that startingDeadlineSeconds no longer lets start.
    InvalidScheduleError."""
    spec, begun = cron_job.spec, time_or_none(cron_job.status.last_schedule_time)
    since = begun or time_or_none(cron_job.metadata.creation_timestamp) or moment
    if bounded and spec.starting_deadline_seconds is not None:
        # A deadline of ages ago is none.
        seconds = min(spec.starting_deadline_seconds, moment.timestamp())
        since = max(since, moment - timedelta(seconds=seconds))
    first = schedule.next(since)
    second = None if first is None else schedule.next(first)
    if first is not None and moment < first:
        return Missed(since, None, 0)
    if second is not None and moment < second:
        return Missed(since, first, 0)
    if first is None or second is None or (step := round((second - first).total_seconds())) < 1:
        raise InvalidScheduleError("time difference between two schedules is less than 1 second")
    count = int((moment - first).total_seconds()) // step + 1
    latest: datetime | None = None
    due = schedule.next(first + timedelta(seconds=(count - 2) * step))
    while due is not None and due <= moment:
        latest, due = due, schedule.next(due)
    return Missed(since, latest, count)


def seconds_to_next(cron_job: CronJob, schedule: Schedule, moment: datetime) -> float | None:
    """How long until a start may be due; None for never."""
    try:
        found = missed(cron_job, schedule, moment, bounded=False)
        base = found.latest or (moment if found.starts else found.since)
    except InvalidScheduleError:
        base = moment
    due = schedule.next(base)
    return None if due is None else (due - moment).total_seconds() + _LATER_S
