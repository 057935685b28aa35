"""The kinds of the group batch."""

from __future__ import annotations

from drakkar.apiserver.kinds.kind import Kind

_ALL = ("all",)

KINDS = (
    Kind("batch", "v1", "cronjobs", "CronJob", True, ("cj",), True, True, _ALL),
    Kind("batch", "v1", "jobs", "Job", True, (), True, True, _ALL),
)
