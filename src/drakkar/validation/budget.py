"""PodDisruptionBudgets: how many pods must stay, or may go."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation.conditions import conditions
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, mapping
from drakkar.validation.int_or_percent import at_most_all, int_or_percent
from drakkar.validation.pod.label_selector import label_selector

_EVICTIONS = ("AlwaysAllow", "IfHealthyBudget")
COUNTS = ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")


def budget_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a PodDisruptionBudget."""
    found, spec = Findings(), mapping(obj, "spec")
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        shown = {
            "MinAvailable": spec["minAvailable"],
            "Selector": spec.get("selector"),
            "MaxUnavailable": spec["maxUnavailable"],
            "UnhealthyPodEvictionPolicy": spec.get("unhealthyPodEvictionPolicy"),
        }
        found.invalid("spec", shown, "minAvailable and maxUnavailable cannot be both set")
    for field in ("minAvailable", "maxUnavailable"):
        int_or_percent(found, f"spec.{field}", spec.get(field))
        at_most_all(found, f"spec.{field}", spec.get(field))
    label_selector(found, "spec.selector", spec.get("selector"))
    eviction = spec.get("unhealthyPodEvictionPolicy")
    if eviction is not None and eviction not in _EVICTIONS:
        found.not_supported("spec.unhealthyPodEvictionPolicy", eviction, _EVICTIONS)
    return found.listed()


def budget_status_problems(obj: Object) -> list[FieldError]:
    """What is wrong with the status of a PodDisruptionBudget."""
    found, status = Findings(), mapping(obj, "status")
    conditions(found, "status.conditions", items(status, "conditions"))
    for field in COUNTS:
        if (status.get(field) or 0) < 0:
            found.invalid(f"status.{field}", status[field], "must be greater than or equal to 0")
    return found.listed()
