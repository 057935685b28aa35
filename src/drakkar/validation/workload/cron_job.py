"""CronJobs: Jobs of one template, made by a schedule."""

from __future__ import annotations

import re

from drakkar.api.object import Object
from drakkar.api.schedule import schedule_error
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import mapping, text
from drakkar.validation.workload.counts import counts
from drakkar.validation.workload.job import job_spec

_LONGEST_NAME = 52
_POLICIES = ("Allow", "Forbid", "Replace")
_IS_ZONE = re.compile(r"(?!-)(?!\.\.?\Z)[A-Za-z._0-9+-]{1,14}", re.ASCII)


def cron_job_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a CronJob, be it new or changed."""
    found, spec = Findings(), mapping(obj, "spec")
    schedule = text(spec, "schedule")
    if not schedule:
        found.required("spec.schedule")
    else:
        wrong = schedule_error(schedule)
        if wrong:
            found.invalid("spec.schedule", schedule, wrong)
        if "TZ" in schedule:
            said = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
            found.invalid("spec.schedule", schedule, said)
    counts(found, "spec", spec, "startingDeadlineSeconds")
    _zone(found, spec.get("timeZone"))
    policy = text(spec, "concurrencyPolicy")
    if policy not in _POLICIES:
        found.not_supported("spec.concurrencyPolicy", policy, _POLICIES)
    _template(found, mapping(mapping(spec, "jobTemplate"), "spec"))
    counts(found, "spec", spec, "successfulJobsHistoryLimit", "failedJobsHistoryLimit")
    return found.listed()


def cron_job_creation_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a new CronJob's name: its jobs have it with eleven characters more."""
    found, name = Findings(), text(mapping(obj, "metadata"), "name")
    if len(name) > _LONGEST_NAME:
        found.invalid("metadata.name", name, f"must be no more than {_LONGEST_NAME} characters")
    return found.listed()


def unknown_zone(found: Findings, zone: str) -> None:
    """A time zone of the right form that nobody has heard of."""
    found.invalid("spec.timeZone", zone, f"unknown time zone {zone}")


def well_formed_zone(zone: str | None) -> bool:
    """Whether the name of a time zone is one that can be looked up."""
    return bool(zone) and all(_IS_ZONE.fullmatch(part) for part in str(zone).split("/"))


def _zone(found: Findings, zone: str | None) -> None:
    if zone is None:
        return
    if not zone:
        found.invalid("spec.timeZone", zone, "timeZone must be nil or non-empty string")
    elif not well_formed_zone(zone):
        unknown_zone(found, zone)
    elif zone.lower() == "local":
        said = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
        found.invalid("spec.timeZone", zone, said)


def _template(found: Findings, spec: Object) -> None:
    path = "spec.jobTemplate.spec"
    job_spec(found, path, spec)
    if spec.get("selector") is not None:
        found.invalid(f"{path}.selector", spec["selector"], "`selector` will be auto-generated")
    if spec.get("manualSelector"):
        said = 'Unsupported value: true: supported values: "nil", "false"'
        found.add(FieldError("FieldValueNotSupported", said, f"{path}.manualSelector"))
