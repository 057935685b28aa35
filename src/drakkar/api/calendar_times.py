"""When the fields of a schedule come together: the way to the next moment, by the clocks of a zone."""

from __future__ import annotations

import datetime
from typing import NamedTuple

_MINUTE, _HOUR = datetime.timedelta(minutes=1), datetime.timedelta(hours=1)
# Who finds no time in so many years finds none.
_YEARS = 5


class Calendar(NamedTuple):
    """The numbers that each field names. Days of the month and of the week are both to match where one of them is all of
    them; else one of them does.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    both: bool
    zone: datetime.tzinfo

    def next(self, after: datetime.datetime) -> datetime.datetime | None:
        """The first time after this one, by the clocks of the zone; None if there is none in five years.

        Where clocks are changed it does as Go's cron does: what falls into an hour that is left out is left out, and
        what falls into one that is there twice happens twice.
        """
        if not all(self[:5]):
            return None
        at = (after + datetime.timedelta(seconds=1)).replace(microsecond=0).astimezone(datetime.UTC)
        at += datetime.timedelta(seconds=-at.second % 60)
        search = _Search(self, at)
        last = search.local.year + _YEARS
        while search.local.year <= last:
            if not (search.turns_year() or search.turns_month() or search.turns_day() or search.turns_hour()):
                return search.local.astimezone(datetime.UTC)
        return None

    def has_day(self, local: datetime.datetime) -> bool:
        """Whether a day is one of them, by its number, by its weekday, or by both."""
        day, weekday = local.day in self.days, local.isoweekday() % 7 in self.weekdays
        return (day and weekday) if self.both else (day or weekday)


class _Search:
    """The way to the next moment: each step goes on to a value that its field has, and says whether it went beyond the
    last one, upon which all is looked at again. It asks that of the clock and not of the calendar, as Go's does, which
    shows where midnight is left out.
    """

    def __init__(self, wanted: Calendar, at: datetime.datetime) -> None:
        self._wanted = wanted
        self._zone = wanted.zone
        self._begun = False
        self.local = at.astimezone(self._zone)

    def _set(self, clock: datetime.datetime) -> None:
        """Go to what a clock shows; where none shows it, to what Go takes for it."""
        as_if = clock.replace(tzinfo=datetime.UTC)
        guess = as_if - (as_if.astimezone(self._zone).utcoffset() or datetime.timedelta())
        at = as_if - (guess.astimezone(self._zone).utcoffset() or datetime.timedelta())
        self.local = at.astimezone(self._zone)

    def _begin(self, **lower: int) -> None:
        """Set what is below the first field that does not fit to its least, once."""
        if not self._begun:
            self._begun = True
            self._set(self.local.replace(**lower, tzinfo=None))

    def _wait(self, step: datetime.timedelta) -> None:
        self.local = (self.local.astimezone(datetime.UTC) + step).astimezone(self._zone)

    def turns_year(self) -> bool:
        while self.local.month not in self._wanted.months:
            self._begin(day=1, hour=0, minute=0)
            clock = self.local.replace(tzinfo=None)
            first = clock.replace(year=clock.year + clock.month // 12, month=clock.month % 12 + 1, day=1)
            self._set(first + datetime.timedelta(days=clock.day - 1))
            if self.local.month == 1:
                return True
        return False

    def turns_month(self) -> bool:
        while not self._wanted.has_day(self.local):
            self._begin(hour=0, minute=0)
            self._set(self.local.replace(tzinfo=None) + datetime.timedelta(days=1))
            # There is no midnight on some days.
            hour = self.local.hour
            self._wait((24 - hour if hour > 12 else -hour) * _HOUR)
            if self.local.day == 1:
                return True
        return False

    def turns_day(self) -> bool:
        while self.local.hour not in self._wanted.hours:
            self._begin(minute=0)
            self._wait(_HOUR)
            if self.local.hour == 0:
                return True
        return False

    def turns_hour(self) -> bool:
        while self.local.minute not in self._wanted.minutes:
            self._begun = True
            self._wait(_MINUTE)
            if self.local.minute == 0:
                return True
        return False
