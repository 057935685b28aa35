"""Jobs: pods that are to end, some at a time."""

from __future__ import annotations

import copy

from drakkar.api.object import Object
from drakkar.api.selectors import SelectorError, label_selector
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import immutable, items, mapping, same, text
from drakkar.validation.names import domain_prefixed_path
from drakkar.validation.pod.label_selector import label_selector as selector_rules
from drakkar.validation.workload.counts import counts
from drakkar.validation.workload.job_policies import failure_policy, success_policy
from drakkar.validation.workload.template import ending_template, selector_shown, selects_its_own

_MODES = ("NonIndexed", "Indexed")
_REPLACEMENTS = ("Failed", "TerminatingOrFailed")
_COUNTS = (
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
)
_MOST, _MANY, _FEW = 100_000, 100_000, 10_000
_LONGEST_MANAGER = 63
UID_LABELS = ("controller-uid", "batch.kubernetes.io/controller-uid")
NAME_LABELS = ("job-name", "batch.kubernetes.io/job-name")


def job_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a Job that has its selector."""
    found, spec = Findings(), mapping(obj, "spec")
    job_spec(found, "spec", spec)
    if spec.get("selector") is None:
        found.required("spec.selector")
    selector_rules(found, "spec.selector", spec.get("selector"))
    selects_its_own(found, spec, None)
    return found.listed()


def job_creation_problems(obj: Object) -> list[FieldError]:
    """What is wrong only with a new Job: a selector that was not made for it, and a name that is too long for pods of an
    indexed one, which have it with their index as their hostname."""
    found, spec, meta = Findings(), mapping(obj, "spec"), mapping(obj, "metadata")
    if not spec.get("manualSelector") and spec.get("selector") is not None:
        _generated(found, spec, text(meta, "uid"), text(meta, "name"))
    if spec.get("completionMode") == "Indexed" and (spec.get("completions") or 0) > 0:
        name = text(meta, "name")
        longest = f"{name}-{spec['completions'] - 1}"
        if formats.dns_label(longest):
            said = f"will not able to create pod with invalid DNS label: {longest}"
            found.invalid("metadata.name", name, said)
    return found.listed()


def _generated(found: Findings, spec: Object, uid: str, name: str) -> None:
    """A selector that was made, and the labels that go with it, are those of this job."""
    labels = mapping(mapping(mapping(spec, "template"), "metadata"), "labels")
    expected = {**dict.fromkeys(UID_LABELS, uid), **dict.fromkeys(NAME_LABELS, name)}
    for label, value in expected.items():
        here = f"spec.template.metadata.labels[{label}]"
        if label not in labels:
            found.required(here, f"must be '{value}'")
        elif labels[label] != value:
            found.invalid(here, labels, f"must be '{value}'")
    try:
        parsed = label_selector(spec["selector"])
    except SelectorError:
        return
    if parsed is None or not parsed.matches(expected):
        found.invalid("spec.selector", selector_shown(spec["selector"]), "`selector` not auto-generated")


def job_spec(found: Findings, path: str, spec: Object) -> None:
    """What a Job and the template of one share."""
    counts(found, path, spec, *_COUNTS)
    if spec.get("maxFailedIndexes") is not None and spec.get("backoffLimitPerIndex") is None:
        found.required(f"{path}.backoffLimitPerIndex", "when maxFailedIndexes is specified")
    _manager(found, f"{path}.managedBy", spec.get("managedBy"))
    mode = spec.get("completionMode")
    if mode is not None and mode not in _MODES:
        found.not_supported(f"{path}.completionMode", mode, _MODES)
    if mode == "Indexed":
        _indexed(found, path, spec)
    elif mode in (None, "NonIndexed"):
        for field in ("backoffLimitPerIndex", "maxFailedIndexes"):
            if spec.get(field) is not None:
                found.invalid(f"{path}.{field}", spec[field], "requires indexed completion mode")
    if spec.get("podFailurePolicy") is not None:
        failure_policy(found, f"{path}.podFailurePolicy", spec)
    success_policy(found, f"{path}.successPolicy", spec)
    replacement = spec.get("podReplacementPolicy")
    choices = _REPLACEMENTS[:1] if spec.get("podFailurePolicy") is not None else _REPLACEMENTS
    if replacement is not None and replacement not in choices:
        found.not_supported(f"{path}.podReplacementPolicy", replacement, choices)
    ending_template(found, f"{path}.template", mapping(spec, "template"))


def _manager(found: Findings, path: str, name: str | None) -> None:
    if name is None:
        return
    domain_prefixed_path(found, path, name)
    if formats.size(name) > _LONGEST_MANAGER:
        found.too_long(path, _LONGEST_MANAGER)


def _indexed(found: Findings, path: str, spec: Object) -> None:
    wanted, parallel = spec.get("completions"), spec.get("parallelism")
    failed = spec.get("maxFailedIndexes")
    if wanted is None:
        found.required(f"{path}.completions", "when completion mode is Indexed")
    if parallel is not None and parallel > _MOST:
        said = f"must be less than or equal to {_MOST} when completion mode is Indexed"
        found.invalid(f"{path}.parallelism", parallel, said)
    if wanted is not None and failed is not None and failed > wanted:
        found.invalid(f"{path}.maxFailedIndexes", failed, "must be less than or equal to completions")
    if failed is not None and failed > _MOST:
        found.invalid(f"{path}.maxFailedIndexes", failed, f"must be less than or equal to {_MOST}")
    if wanted is None or wanted <= _MANY or spec.get("backoffLimitPerIndex") is None:
        return
    if failed is None:
        found.required(f"{path}.maxFailedIndexes", f"must be specified when completions is above {_MANY}")
    said = (
        f"must be less than or equal to {_FEW} when completions are above {_MANY} "
        "and used with backoff limit per index"
    )
    for field, value in (("parallelism", parallel), ("maxFailedIndexes", failed)):
        if value is not None and value > _FEW:
            found.invalid(f"{path}.{field}", value, said)


def job_changes(old: Object, new: Object) -> list[FieldError]:
    """What of a Job may not change."""
    found = Findings()
    before, after = mapping(old, "spec"), mapping(new, "spec")
    wanted = after.get("completions")
    if after.get("completionMode") != "Indexed":
        immutable(found, "spec.completions", wanted, before.get("completions"))
    elif wanted is not None and wanted not in (before.get("completions"), after.get("parallelism")):
        found.invalid("spec.completions", wanted, "can only be modified in tandem with spec.parallelism")
    _template_change(found, old, new)
    for field in (
        "selector",
        "completionMode",
        "podFailurePolicy",
        "backoffLimitPerIndex",
        "managedBy",
        "successPolicy",
    ):
        immutable(found, f"spec.{field}", after.get(field), before.get(field))
    return found.listed()


def _template_change(found: Findings, old: Object, new: Object) -> None:
    """A suspended job may be told where its pods run, and what they take, as long as it has none."""
    before, after = mapping(old, "spec"), mapping(new, "spec")
    held, given = copy.deepcopy(mapping(before, "template")), mapping(after, "template")
    suspended = bool(before.get("suspend"))
    if suspended and not mapping(old, "status").get("startTime"):
        _scheduling(held, given)
        inner = mapping(given, "spec")
        _resources(held.setdefault("spec", {}), inner)
        _kept(found, "spec.template.spec", inner, held["spec"])
        return
    _kept(found, "spec.template", given, held)


def _kept(found: Findings, path: str, given: Object, held: Object) -> None:
    # Kubernetes repeats all of it here, in the form of its own types.
    if not same(given, held):
        found.invalid(path, None, "field is immutable")


def _scheduling(held: Object, given: Object) -> None:
    inner, wanted = held.setdefault("spec", {}), mapping(given, "spec")
    for field in ("nodeSelector", "tolerations", "schedulingGates"):
        inner[field] = wanted.get(field)
    affinity = dict(mapping(inner, "affinity"))
    affinity["nodeAffinity"] = mapping(wanted, "affinity").get("nodeAffinity")
    inner["affinity"] = affinity
    meta = mapping(given, "metadata")
    held["metadata"] = {**mapping(held, "metadata"), **{k: meta.get(k) for k in ("annotations", "labels")}}


def _resources(held: Object, given: Object) -> None:
    for field in ("containers", "initContainers"):
        mine, theirs = items(held, field), items(given, field)
        if len(mine) == len(theirs):
            for one, other in zip(mine, theirs, strict=True):
                if text(one, "name") == text(other, "name"):
                    one["resources"] = other.get("resources")
