"""The kinds of the group batch."""

from __future__ import annotations

from collections.abc import Iterator

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.pods import template
from drakkar.apiserver.kinds.strategy import Strategy, selectable
from drakkar.apiserver.kinds.workloads import counts, selects_its_own, template_rules
from drakkar.apiserver.tables.workloads import CRON_JOBS, JOBS
from drakkar.validation.field_error import FieldError
from drakkar.validation.field_error import shown as quoted
from drakkar.validation.object_meta import Rules

_LONGEST_CRON_JOB = 52
_MOST_PARALLEL_INDEXES = 100_000


def _job_spec(spec: Object) -> None:
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    spec.setdefault("backoffLimit", 6)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    spec.setdefault(
        "podReplacementPolicy", "Failed" if spec.get("podFailurePolicy") else "TerminatingOrFailed"
    )
    template(spec)


def _job(obj: Object) -> None:
    """Fill a Job in place."""
    spec = obj.setdefault("spec", {})
    _job_spec(spec)
    spec.setdefault("manualSelector", False)


def _cron_job(obj: Object) -> None:
    """Fill a CronJob in place."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("concurrencyPolicy", "Allow")
    spec.setdefault("suspend", False)
    spec.setdefault("successfulJobsHistoryLimit", 3)
    spec.setdefault("failedJobsHistoryLimit", 1)
    inner = (spec.get("jobTemplate") or {}).get("spec")
    if isinstance(inner, dict):
        template(inner)


def _identify(obj: Object) -> None:
    """Give a new Job, which has its uid already, the selector and the pod labels that tie its pods to it."""
    spec = obj["spec"]
    if spec.get("manualSelector") or spec.get("selector"):
        return
    name, uid = obj["metadata"].get("name") or "", obj["metadata"]["uid"]
    meta = spec.setdefault("template", {}).setdefault("metadata", {})
    labels = meta.setdefault("labels", {})
    labels |= {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": name,
        "controller-uid": uid,
        "job-name": name,
    }
    spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}


def _generate(new: Object, old: Object | None) -> None:
    if old is None:
        _identify(new)
    if not new["metadata"].get("labels"):
        labels = ((new["spec"].get("template") or {}).get("metadata") or {}).get("labels")
        if labels:
            new["metadata"]["labels"] = dict(labels)


def _job_rules(obj: Object) -> Iterator[FieldError]:
    spec = obj.get("spec") or {}
    yield from counts(spec, "parallelism", "completions", "backoffLimit", "activeDeadlineSeconds")
    if spec.get("completionMode") == "Indexed":
        if spec.get("completions") is None:
            yield FieldError.required("spec.completions", "when completion mode is Indexed")
        parallel = spec.get("parallelism")
        if isinstance(parallel, int) and parallel > _MOST_PARALLEL_INDEXES:
            said = f"must be less than or equal to {_MOST_PARALLEL_INDEXES} when completion mode is Indexed"
            yield FieldError.invalid("spec.parallelism", str(parallel), said)
    if spec.get("selector") is None:
        yield FieldError.required("spec.selector")
    yield from selects_its_own(spec)
    yield from template_rules(spec, ("OnFailure", "Never"))


def _cron_job_rules(obj: Object) -> Iterator[FieldError]:
    spec = obj.get("spec") or {}
    name = obj["metadata"].get("name") or ""
    if len(name) > _LONGEST_CRON_JOB:
        # Its jobs have its name with eleven characters more.
        said = f"must be no more than {_LONGEST_CRON_JOB} characters"
        yield FieldError.invalid("metadata.name", quoted(name), said)
    if not spec.get("schedule"):
        yield FieldError.required("spec.schedule")
    inner = (spec.get("jobTemplate") or {}).get("spec") or {}
    yield from template_rules(inner, ("OnFailure", "Never"), "spec.jobTemplate.spec.template")


def _job_changes(old: Object, new: Object) -> list[FieldError]:
    # A suspended job that has not started may still be told where its pods run.
    if old["spec"].get("template") == new["spec"].get("template"):
        return []
    if old["spec"].get("suspend") and not (old.get("status") or {}).get("startTime"):
        return []
    return [FieldError.invalid("spec.template", "null", "field is immutable")]


_CRON_JOBS = Strategy(
    idle="a CronJob makes no jobs",
    columns=CRON_JOBS,
    default=_cron_job,
    rules=_cron_job_rules,
    status_metadata=Rules(known_finalizers=False),
)
_JOBS = Strategy(
    columns=JOBS,
    default=_job,
    generate=_generate,
    rules=_job_rules,
    fixed=("spec.selector", "spec.completionMode"),
    changes=_job_changes,
    fields=selectable("status.successful", successful="0"),
    orphans_children=True,
)
_ALL = ("all",)

KINDS = (
    Kind("batch", "v1", "cronjobs", "CronJob", True, ("cj",), True, True, _ALL, strategy=_CRON_JOBS),
    Kind("batch", "v1", "jobs", "Job", True, (), True, True, _ALL, strategy=_JOBS),
)
