"""Schedules of CronJobs: five fields, or a word for the usual ones."""

from __future__ import annotations

import re
from typing import NamedTuple

from drakkar.api.go_quoting import quoted

_IS_INTEGER = re.compile("[+-]?[0-9]+", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_WORDS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_EVERY = "@every "
_DURATION = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_LONGEST = 2**63 - 1


class _Field(NamedTuple):
    least: int
    most: int
    names: dict[str, int]


_FIELDS = (
    _Field(0, 59, {}),
    _Field(0, 23, {}),
    _Field(1, 31, {}),
    _Field(1, 12, {name: at for at, name in enumerate(_MONTHS, 1)}),
    _Field(0, 6, {name: at for at, name in enumerate(_DAYS)}),
)


class _ScheduleError(Exception):
    """A schedule that cannot be read."""


def schedule_error(schedule: str) -> str:
    """What is wrong with a schedule, empty if nothing is; a time zone before it is passed over."""
    try:
        _read(schedule)
    except _ScheduleError as wrong:
        return str(wrong)
    return ""


def _read(schedule: str) -> None:
    if schedule.startswith(("TZ=", "CRON_TZ=")):
        _, blank, rest = schedule.partition(" ")
        if not blank:
            raise _ScheduleError("invalid schedule format: runtime error: slice bounds out of range [:-1]")
        schedule = rest.strip()
    if schedule.startswith("@"):
        _word(schedule)
        return
    given = schedule.split()
    if len(given) != len(_FIELDS):
        raise _ScheduleError(f"expected exactly 5 fields, found {len(given)}: [{' '.join(given)}]")
    for text, field in zip(given, _FIELDS, strict=True):
        for expression in filter(None, text.split(",")):
            _range(expression, field)


def _word(schedule: str) -> None:
    if schedule.startswith(_EVERY):
        duration = schedule.removeprefix(_EVERY)
        if not duration or re.sub(_DURATION, "", duration) not in ("", "0"):
            raise _ScheduleError(
                f"failed to parse duration {schedule}: time: invalid duration {quoted(duration)}"
            )
    elif schedule not in _WORDS:
        raise _ScheduleError(f"unrecognized descriptor: {schedule}")


def _range(expression: str, field: _Field) -> None:
    span, *steps = expression.split("/")
    ends = span.split("-")
    if ends[0] in ("*", "?"):
        start, end = field.least, field.most
    else:
        start = end = _number(ends[0], field.names)
        if len(ends) == 2:
            end = _number(ends[1], field.names)
        elif len(ends) > 2:
            raise _ScheduleError(f"too many hyphens: {expression}")
    step = 1
    if len(steps) > 1:
        raise _ScheduleError(f"too many slashes: {expression}")
    if steps:
        step = _number(steps[0], {})
        # One number with a step stands for all from there on.
        end = field.most if len(ends) == 1 else end
    if start < field.least:
        raise _ScheduleError(f"beginning of range ({start}) below minimum ({field.least}): {expression}")
    if end > field.most:
        raise _ScheduleError(f"end of range ({end}) above maximum ({field.most}): {expression}")
    if start > end:
        raise _ScheduleError(f"beginning of range ({start}) beyond end of range ({end}): {expression}")
    if step == 0:
        raise _ScheduleError(f"step of range should be a positive number: {expression}")


def _number(text: str, names: dict[str, int]) -> int:
    if text.lower() in names:
        return names[text.lower()]
    failed = f"failed to parse int from {text}: strconv.Atoi: parsing {quoted(text)}"
    if not _IS_INTEGER.fullmatch(text):
        raise _ScheduleError(f"{failed}: invalid syntax")
    # Long numbers are not read at all.
    if len(text.lstrip("+-0")) > 19 or int(text) > _LONGEST:
        raise _ScheduleError(f"{failed}: value out of range")
    if int(text) < 0:
        raise _ScheduleError(f"negative number ({int(text)}) not allowed: {text}")
    return int(text)
