"""The kinds of the group batch."""

from __future__ import annotations

import functools
import zoneinfo

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.left_out import fill_in
from drakkar.apiserver.kinds.pods import template
from drakkar.apiserver.kinds.strategy import Strategy, selectable
from drakkar.apiserver.tables.workloads import CRON_JOBS, JOBS
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.object_meta import Rules
from drakkar.validation.workload.cron_job import (
    cron_job_creation_problems,
    cron_job_problems,
    unknown_zone,
    well_formed_zone,
)
from drakkar.validation.workload.job import (
    NAME_LABELS,
    UID_LABELS,
    job_changes,
    job_creation_problems,
    job_problems,
)

_KEEPS_CHILDREN = (
    "child pods are preserved by default when jobs are deleted; "
    "set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning"
)
_MOST_FAILURES = 2**31 - 1
_UID = "batch.kubernetes.io/controller-uid"


def _job_spec(spec: Object) -> None:
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    spec.setdefault("backoffLimit", 6 if spec.get("backoffLimitPerIndex") is None else _MOST_FAILURES)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    failures = spec.get("podFailurePolicy")
    spec.setdefault("podReplacementPolicy", "TerminatingOrFailed" if failures is None else "Failed")
    _conditions(spec)
    template(spec)


def _conditions(spec: Object) -> None:
    for rule in (spec.get("podFailurePolicy") or {}).get("rules") or ():
        for pattern in rule.get("onPodConditions") or ():
            fill_in(pattern, status="True")


def _job(obj: Object) -> None:
    """Fill a Job in place."""
    spec = obj.setdefault("spec", {})
    _job_spec(spec)
    spec.setdefault("manualSelector", False)


def _cron_job(obj: Object) -> None:
    """Fill a CronJob in place."""
    spec = obj.setdefault("spec", {})
    fill_in(spec, concurrencyPolicy="Allow")
    spec.setdefault("suspend", False)
    spec.setdefault("successfulJobsHistoryLimit", 3)
    spec.setdefault("failedJobsHistoryLimit", 1)
    made = spec.setdefault("jobTemplate", {})
    made.setdefault("metadata", {})
    inner = made.setdefault("spec", {})
    _conditions(inner)
    template(inner)


def _identify(obj: Object) -> None:
    """Give a new Job, which has its uid already, the selector and the pod labels that tie its pods to it."""
    spec = obj["spec"]
    if spec.get("manualSelector"):
        return
    name, uid = obj["metadata"].get("name") or "", obj["metadata"]["uid"]
    meta = spec.setdefault("template", {}).setdefault("metadata", {})
    # What says otherwise stays, and is refused.
    own = {**dict.fromkeys(UID_LABELS, uid), **dict.fromkeys(NAME_LABELS, name)}
    meta["labels"] = {**own, **(meta.get("labels") or {})}
    selector = spec.get("selector") or {}
    spec["selector"] = {**selector, "matchLabels": {_UID: uid, **(selector.get("matchLabels") or {})}}


def _generate(new: Object, old: Object | None) -> None:
    if old is None:
        _identify(new)
    if not new["metadata"].get("labels"):
        labels = ((new["spec"].get("template") or {}).get("metadata") or {}).get("labels")
        if labels:
            new["metadata"]["labels"] = dict(labels)


def _zone_problems(obj: Object) -> list[FieldError]:
    """A time zone that this machine does not know."""
    found, zone = Findings(), (obj.get("spec") or {}).get("timeZone")
    if well_formed_zone(zone) and str(zone).lower() != "local" and not _known(str(zone)):
        unknown_zone(found, str(zone))
    return found.listed()


@functools.lru_cache(maxsize=1024)
def _known(zone: str) -> bool:
    try:
        zoneinfo.ZoneInfo(zone)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        # Where there is no list of zones at all, none is refused.
        return zone != "UTC" and not _known("UTC")
    return True


def _cron_job_rules(obj: Object) -> list[FieldError]:
    return [*cron_job_problems(obj), *_zone_problems(obj)]


_CRON_JOBS = Strategy(
    columns=CRON_JOBS,
    default=_cron_job,
    rules=_cron_job_rules,
    creation=cron_job_creation_problems,
    status_metadata=Rules(known_finalizers=False),
)
_JOBS = Strategy(
    columns=JOBS,
    default=_job,
    generate=_generate,
    rules=job_problems,
    creation=job_creation_problems,
    changes=job_changes,
    fields=selectable("status.successful", successful="0"),
    orphans_children=True,
    keeps_children=_KEEPS_CHILDREN,
)
_ALL = ("all",)

KINDS = (
    Kind("batch", "v1", "cronjobs", "CronJob", True, ("cj",), True, True, _ALL, strategy=_CRON_JOBS),
    Kind("batch", "v1", "jobs", "Job", True, (), True, True, _ALL, strategy=_JOBS),
)
