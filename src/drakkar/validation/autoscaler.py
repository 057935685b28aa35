"""HorizontalPodAutoscalers: what is scaled, between how few and how many, by what, and how fast."""

from __future__ import annotations

from typing import Any

from drakkar.api.object import Object
from drakkar.api.quantity import Quantity
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, mapping, text
from drakkar.validation.resource_amounts import container_resource_name

_LONGEST_PERIOD_S, _LONGEST_WINDOW_S = 1800, 3600
_SELECTIONS = ("Disabled", "Max", "Min")
_POLICIES = ("Percent", "Pods")
_METRICS = ("ContainerResource", "External", "Object", "Pods", "Resource")
_TARGETS = ("Utilization", "Value", "AverageValue")
# In the order in which they are looked at; only the first of several is.
_SOURCES = ("object", "external", "pods", "resource", "containerResource")


def autoscaler_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a HorizontalPodAutoscaler."""
    found, spec = Findings(), mapping(obj, "spec")
    fewest, most = spec.get("minReplicas"), spec.get("maxReplicas") or 0
    if fewest is not None and fewest < 0:
        found.invalid("spec.minReplicas", fewest, "must be greater than or equal to 0")
    if most == 0:
        found.required("spec.maxReplicas")
    elif most < 0:
        found.invalid("spec.maxReplicas", most, "must be greater than or equal to 1")
    if fewest is not None and most < fewest:
        found.invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`")
    _reference(found, "spec.scaleTargetRef", mapping(spec, "scaleTargetRef"), grouped=True)
    metrics = items(spec, "metrics")
    for at, metric in enumerate(metrics):
        _metric(found, f"spec.metrics[{at}]", metric)
    if fewest == 0 and not any(text(one, "type") in ("Object", "External") for one in metrics):
        said = "must specify at least one Object or External metric to support scaling to zero replicas"
        found.forbidden("spec.metrics", said)
    behavior = mapping(spec, "behavior")
    for direction in ("scaleUp", "scaleDown"):
        if behavior.get(direction) is not None:
            _rules(found, f"spec.behavior.{direction}", behavior[direction])
    return found.listed()


def autoscaler_status_problems(old: Object, new: Object) -> list[FieldError]:
    """What is wrong with the status of a HorizontalPodAutoscaler."""
    found, status = Findings(), mapping(new, "status")
    for field in ("currentReplicas", "desiredReplicas"):
        if (status.get(field) or 0) < 0:
            found.invalid(f"status.{field}", status[field], "must be greater than or equal to 0")
    return found.listed()


def _reference(found: Findings, path: str, reference: Object, *, grouped: bool) -> None:
    for field in ("kind", "name"):
        value = text(reference, field)
        if not value:
            found.required(f"{path}.{field}")
        else:
            found.each_invalid(f"{path}.{field}", value, formats.path_segment(value))
    version, here = text(reference, "apiVersion"), f"{path}.apiVersion"
    if version.count("/") > 1:
        found.invalid(here, version, f"unexpected GroupVersion string: {version}")
    elif grouped and not version.rpartition("/")[0]:
        found.invalid(here, version, "apiVersion must specify API group")


def _metric(found: Findings, path: str, metric: Object) -> None:
    kind = text(metric, "type")
    if not kind:
        found.required(f"{path}.type", "must specify a metric source type")
    if kind not in _METRICS:
        found.not_supported(f"{path}.type", kind, _METRICS)
    present = [source for source in _SOURCES if metric.get(source) is not None]
    if present:
        _source(found, f"{path}.{present[0]}", present[0], metric[present[0]])
    expected = kind[:1].lower() + kind[1:] if kind in _METRICS else ""
    if expected and expected not in present:
        found.required(f"{path}.{expected}", "must populate information for the given metric source")
    if len(present) != 1:
        for source in present:
            if source != expected:
                found.forbidden(f"{path}.{source}", "must populate the given metric source only")


def _source(found: Findings, path: str, kind: str, source: Object) -> None:
    target, here = mapping(source, "target"), f"{path}.target"
    if kind == "object":
        _reference(found, f"{path}.describedObject", mapping(source, "describedObject"), grouped=False)
    if kind in ("object", "external", "pods"):
        _identifier(found, f"{path}.metric.name", text(mapping(source, "metric"), "name"))
    else:
        _resource(found, path, kind, source)
    _target(found, here, target)
    whole, each, share = (target.get(field) for field in ("value", "averageValue", "averageUtilization"))
    if kind == "object" and whole is None and each is None:
        found.required(f"{here}.averageValue", "must set either a target value or averageValue")
    elif kind == "external" and whole is None and each is None:
        said = "must set either a target value for metric or a per-pod target"
        found.required(f"{here}.averageValue", said)
    elif kind == "external" and whole is not None and each is not None:
        said = "may not set both a target value for metric and a per-pod target"
        found.forbidden(f"{here}.value", said)
    elif kind == "pods" and each is None:
        found.required(f"{here}.averageValue", "must specify a positive target averageValue")
    elif kind.lower().endswith("resource"):
        _share_or_amount(found, here, share, each)


def _share_or_amount(found: Findings, path: str, share: Any, each: Any) -> None:
    if share is None and each is None:
        said = "must set either a target raw value or a target utilization"
        found.required(f"{path}.averageUtilization", said)
    elif share is not None and each is not None:
        said = "may not set both a target raw value and a target utilization"
        found.forbidden(f"{path}.averageValue", said)


def _identifier(found: Findings, path: str, name: str) -> None:
    if not name:
        found.required(path, "must specify a metric name")
    else:
        found.each_invalid(path, name, formats.path_segment(name))


def _resource(found: Findings, path: str, kind: str, source: Object) -> None:
    name, container = text(source, "name"), text(source, "container")
    if not name:
        found.required(f"{path}.name", "must specify a resource name")
    if kind != "containerResource":
        return
    if name:
        container_resource_name(found, f"{path}.name", name)
    if not container:
        found.required(f"{path}.container", "must specify a container")
    else:
        found.each_invalid(f"{path}.container", container, formats.dns_label(container))


def _target(found: Findings, path: str, target: Object) -> None:
    kind, share = text(target, "type"), target.get("averageUtilization")
    if not kind:
        found.required(f"{path}.type", "must specify a metric target type")
    if kind not in _TARGETS:
        found.invalid(f"{path}.type", kind, "must be either Utilization, Value, or AverageValue")
    for field in ("value", "averageValue"):
        amount = target.get(field)
        if amount is not None and Quantity.parse(amount).nanos <= 0:
            found.invalid(f"{path}.{field}", Quantity.parse(amount).format(), "must be positive")
    if share is not None and share < 1:
        found.invalid(f"{path}.averageUtilization", share, "must be greater than 0")


def _rules(found: Findings, path: str, rules: Object) -> None:
    window, selection, here = (
        rules.get("stabilizationWindowSeconds"),
        rules.get("selectPolicy"),
        f"{path}.policies",
    )
    if window is not None and window < 0:
        said = "must be greater than or equal to zero"
        found.invalid(f"{path}.stabilizationWindowSeconds", window, said)
    if window is not None and window > _LONGEST_WINDOW_S:
        said = f"must be less than or equal to {_LONGEST_WINDOW_S}"
        found.invalid(f"{path}.stabilizationWindowSeconds", window, said)
    if selection is not None and selection not in _SELECTIONS:
        found.not_supported(f"{path}.selectPolicy", selection, _SELECTIONS)
    if not items(rules, "policies"):
        found.required(here, "must specify at least one Policy")
    for at, policy in enumerate(items(rules, "policies")):
        _policy(found, f"{here}[{at}]", policy)
    tolerance = rules.get("tolerance")
    if tolerance is not None and Quantity.parse(tolerance).nanos < 0:
        said = "must be greater than or equal to 0"
        found.invalid(f"{path}.tolerance", Quantity.parse(tolerance).format(), said)


def _policy(found: Findings, path: str, policy: Object) -> None:
    kind, value, period = text(policy, "type"), policy.get("value") or 0, policy.get("periodSeconds") or 0
    if kind not in _POLICIES:
        found.not_supported(f"{path}.type", kind, _POLICIES)
    if value <= 0:
        found.invalid(f"{path}.value", value, "must be greater than zero")
    if period <= 0:
        found.invalid(f"{path}.periodSeconds", period, "must be greater than zero")
    if period > _LONGEST_PERIOD_S:
        said = f"must be less than or equal to {_LONGEST_PERIOD_S}"
        found.invalid(f"{path}.periodSeconds", period, said)
