"""Deployments, ReplicaSets and ReplicationControllers: some number of pods of one template."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation.field_error import FieldError, Findings, shown
from drakkar.validation.field_values import mapping, text
from drakkar.validation.int_or_percent import amount, at_most_all, int_or_percent
from drakkar.validation.workload.counts import counts, not_fewer, parts
from drakkar.validation.workload.template import lasting_template, selected_template, sorted_labels

_STRATEGIES = ("Recreate", "RollingUpdate")
_WHOLE, _READY = "status.replicas", "readyReplicas"


def deployment_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a Deployment."""
    found, spec = Findings(), mapping(obj, "spec")
    counts(found, "spec", spec, "replicas")
    selected_template(found, spec, kind="ReplicaSet", shown_as="deployment")
    _strategy(found, mapping(spec, "strategy"))
    counts(found, "spec", spec, "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds")
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None and deadline <= (spec.get("minReadySeconds") or 0):
        found.invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")
    return found.listed()


def _strategy(found: Findings, strategy: Object) -> None:
    kind, rolling = text(strategy, "type"), strategy.get("rollingUpdate")
    if kind not in _STRATEGIES:
        inner = None if rolling is None else {"MaxUnavailable": rolling.get("maxUnavailable", 0)}
        inner = None if inner is None else {**inner, "MaxSurge": (rolling or {}).get("maxSurge", 0)}
        whole = shown({"Type": kind, "RollingUpdate": inner})
        listed = ", ".join(f'"{one}"' for one in _STRATEGIES)
        said = f"Unsupported value: {whole}: supported values: {listed}"
        found.add(FieldError("FieldValueNotSupported", said, "spec.strategy"))
    elif kind == "Recreate" and rolling is not None:
        said = "may not be specified when strategy `type` is 'Recreate'"
        found.forbidden("spec.strategy.rollingUpdate", said)
    elif kind == "RollingUpdate":
        _rolling(found, "spec.strategy.rollingUpdate", rolling or {})


def _rolling(found: Findings, path: str, rolling: Object) -> None:
    fewer, more = rolling.get("maxUnavailable"), rolling.get("maxSurge")
    int_or_percent(found, f"{path}.maxUnavailable", fewer)
    int_or_percent(found, f"{path}.maxSurge", more)
    if not amount(fewer) and not amount(more):
        found.invalid(f"{path}.maxUnavailable", fewer, "may not be 0 when `maxSurge` is 0")
    at_most_all(found, f"{path}.maxUnavailable", fewer)


def deployment_status_problems(old: Object, new: Object) -> list[FieldError]:
    """What is wrong with the status of a Deployment."""
    found, status = Findings(), mapping(new, "status")
    fields = ("updatedReplicas", _READY, "availableReplicas")
    counts(found, "status", status, "observedGeneration", "replicas", *fields)
    counts(found, "status", status, "unavailableReplicas", "terminatingReplicas", "collisionCount")
    parts(found, status, "replicas", _WHOLE, *fields)
    parts(found, status, _READY, _READY, "availableReplicas")
    not_fewer(found, "collisionCount", status, mapping(old, "status"))
    return found.listed()


def replica_set_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a ReplicaSet."""
    found, spec = Findings(), mapping(obj, "spec")
    counts(found, "spec", spec, "replicas", "minReadySeconds")
    selected_template(found, spec, kind="ReplicaSet", shown_as="deployment")
    return found.listed()


def replica_set_status_problems(old: Object, new: Object) -> list[FieldError]:
    """What is wrong with the status of a ReplicaSet or ReplicationController."""
    found, status = Findings(), mapping(new, "status")
    fields = ("fullyLabeledReplicas", _READY, "availableReplicas")
    counts(found, "status", status, "replicas", *fields, "observedGeneration", "terminatingReplicas")
    parts(found, status, "replicas", _WHOLE, *fields)
    parts(found, status, _READY, _READY, "availableReplicas")
    return found.listed()


def replication_controller_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a ReplicationController, whose selector is labels and nothing else."""
    found, spec = Findings(), mapping(obj, "spec")
    counts(found, "spec", spec, "minReadySeconds", "replicas")
    selector, template = mapping(spec, "selector"), spec.get("template")
    if not selector:
        found.required("spec.selector")
    if template is None:
        found.required("spec.template")
        return found.listed()
    labels = mapping(template, "metadata").get("labels")
    if not selector.items() <= (labels or {}).items():
        said = "`selector` does not match template `labels`"
        found.invalid("spec.template.metadata.labels", sorted_labels(labels), said)
    lasting_template(found, "spec.template", template, "ReplicationController")
    return found.listed()
