"""DaemonSets: a pod of one template on each node."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation.field_error import FieldError, Findings, shown
from drakkar.validation.field_values import mapping, text
from drakkar.validation.int_or_percent import amount, at_most_all, int_or_percent
from drakkar.validation.workload.counts import counts, not_fewer
from drakkar.validation.workload.template import lasting_template, selects_its_own, some_selector

_STRATEGIES = ("RollingUpdate", "OnDelete")
STATUS_COUNTS = ("currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady")


def daemon_set_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a DaemonSet."""
    found, spec = Findings(), mapping(obj, "spec")
    some_selector(found, spec.get("selector"), "daemonset")
    selects_its_own(found, spec)
    lasting_template(found, "spec.template", mapping(spec, "template"), "DaemonSet")
    counts(found, "spec", spec, "minReadySeconds", "revisionHistoryLimit")
    _strategy(found, mapping(spec, "updateStrategy"))
    return found.listed()


def _strategy(found: Findings, strategy: Object) -> None:
    kind, path = text(strategy, "type"), "spec.updateStrategy"
    if kind == "RollingUpdate":
        _rolling(found, f"{path}.rollingUpdate", mapping(strategy, "rollingUpdate"))
    elif kind not in _STRATEGIES:
        rolling = strategy.get("rollingUpdate")
        inner = {"MaxUnavailable": "maxUnavailable", "MaxSurge": "maxSurge"}
        told = rolling and {name: rolling.get(field, 0) for name, field in inner.items()}
        listed = ", ".join(f'"{one}"' for one in _STRATEGIES)
        whole = shown({"Type": kind, "RollingUpdate": told})
        said = f"Unsupported value: {whole}: supported values: {listed}"
        found.add(FieldError("FieldValueNotSupported", said, path))


def _rolling(found: Findings, path: str, rolling: Object) -> None:
    fewer, more = rolling.get("maxUnavailable"), rolling.get("maxSurge")
    for field, given in (("maxUnavailable", fewer), ("maxSurge", more)):
        int_or_percent(found, f"{path}.{field}", given)
        at_most_all(found, f"{path}.{field}", given)
    if amount(fewer) and amount(more):
        found.invalid(f"{path}.maxSurge", more, "may not be set when maxUnavailable is non-zero")
    elif not amount(fewer) and not amount(more):
        found.required(f"{path}.maxUnavailable", "cannot be 0 when maxSurge is 0")


def daemon_set_status_problems(old: Object, new: Object) -> list[FieldError]:
    """What is wrong with the status of a DaemonSet."""
    found, status = Findings(), mapping(new, "status")
    counts(found, "status", status, *STATUS_COUNTS, "observedGeneration", "updatedNumberScheduled")
    counts(found, "status", status, "numberAvailable", "numberUnavailable", "collisionCount")
    not_fewer(found, "collisionCount", status, mapping(old, "status"))
    return found.listed()
