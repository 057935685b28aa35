"""HorizontalPodAutoscalers as autoscaling/v1 writes them, and back: what v1 has no fields for stands in annotations."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.wire import decoding
from drakkar.validation.field_error import shown

_DOMAIN = "autoscaling.alpha.kubernetes.io"
_METRICS, _MEASURED = f"{_DOMAIN}/metrics", f"{_DOMAIN}/current-metrics"
_BEHAVIOR, _CONDITIONS = f"{_DOMAIN}/behavior", f"{_DOMAIN}/conditions"
_OURS = (
    *(_METRICS, _MEASURED, _BEHAVIOR, _CONDITIONS),
    *(f"{_DOMAIN}/scale-{way}-tolerance" for way in ("down", "up")),
)
_REFERENCE = ("kind", "name", "apiVersion")
_CONDITION = ("type", "status", "lastTransitionTime", "reason", "message", "observedGeneration")
_SAME = ("scaleTargetRef", "minReplicas", "maxReplicas")
_COUNTED = ("observedGeneration", "lastScaleTime", "currentReplicas", "desiredReplicas")
# The fields of behavior, which v1 writes with capitals.
_RULES = ("stabilizationWindowSeconds", "selectPolicy", "policies", "tolerance")
_POLICY = ("type", "value", "periodSeconds")
# By the kind of a metric: the names of its amounts in v1, and of the same in v2.
_SOURCES: dict[str, dict[str, str]] = {
    "object": {"targetValue": "value", "averageValue": "averageValue"},
    "pods": {"targetAverageValue": "averageValue"},
    "resource": {"targetAverageUtilization": "averageUtilization", "targetAverageValue": "averageValue"},
    "external": {"targetValue": "value", "targetAverageValue": "averageValue"},
}
_SOURCES["containerResource"] = _SOURCES["resource"]
_STATUSES: dict[str, dict[str, str]] = {
    "object": {"currentValue": "value", "averageValue": "averageValue"},
    "pods": {"currentAverageValue": "averageValue"},
    "resource": {"currentAverageUtilization": "averageUtilization", "currentAverageValue": "averageValue"},
    "external": {"currentValue": "value", "currentAverageValue": "averageValue"},
}
_STATUSES["containerResource"] = _STATUSES["resource"]
# These are there in v1 even where v2 has none.
_ALWAYS = {
    ("object", "targetValue"),
    ("pods", "targetAverageValue"),
    *((kind, "currentValue") for kind in ("object", "external")),
    *((kind, "currentAverageValue") for kind in ("pods", "resource", "containerResource")),
}
_ORDER = ("object", "pods", "resource", "containerResource", "external")


def to_v2(obj: Object) -> Object:
    """An object that v1 has, in the form of v2; what its annotations say badly is passed over."""
    meta = obj.get("metadata") or {}
    annotations = meta.get("annotations") or {}
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    new: Object = {field: spec[field] for field in _SAME if field in spec}
    others = _read(annotations.get(_METRICS), lambda found: _fitted_metrics(found, "spec", "metrics"))
    wanted = spec.get("targetCPUUtilizationPercentage")
    cpu = [] if wanted is None else [_cpu("target", {"type": "Utilization", "averageUtilization": wanted})]
    new["metrics"] = [*(others or ()), *cpu] or [
        _cpu("target", {"type": "Utilization", "averageUtilization": 80})
    ]
    behavior = _read(annotations.get(_BEHAVIOR), _behavior)
    if behavior:
        new["behavior"] = behavior
    counted: Object = {field: status[field] for field in _COUNTED if field in status}
    measured = _read(
        annotations.get(_MEASURED), lambda found: _fitted_metrics(found, "status", "currentMetrics")
    )
    used = status.get("currentCPUUtilizationPercentage")
    if measured is not None:
        counted["currentMetrics"] = measured
    elif used is not None:
        counted["currentMetrics"] = [_cpu("current", {"averageUtilization": used})]
    conditions = _read(annotations.get(_CONDITIONS), _conditions)
    if conditions is not None:
        counted["conditions"] = conditions
    converted = {**obj, "metadata": _without_ours(meta), "spec": new}
    if "status" in obj:
        converted["status"] = counted
    return converted


def to_v1(obj: Object) -> Object:
    """An object that v2 has, in the form of v1."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    new: Object = {field: spec[field] for field in _SAME if field in spec}
    metrics = spec.get("metrics") or []
    wanted = [found for one in metrics if (found := _wanted_cpu(one)) is not None]
    if wanted:
        new["targetCPUUtilizationPercentage"] = wanted[0]
    counted: Object = {"currentReplicas": 0, "desiredReplicas": 0} if status else {}
    counted |= {field: status[field] for field in _COUNTED if field in status}
    measured = status.get("currentMetrics") or []
    for one in measured:
        resource = one.get("resource") or {}
        used = (resource.get("current") or {}).get("averageUtilization")
        if one.get("type") == "Resource" and resource.get("name") == "cpu" and used is not None:
            counted["currentCPUUtilizationPercentage"] = used
    meta = _without_ours(obj.get("metadata") or {})
    added: dict[str, str] = {}
    others = [_metric_v1(one, _SOURCES, "target") for one in metrics if _wanted_cpu(one) is None]
    if others:
        added[_METRICS] = shown(others)
    if measured:
        added[_MEASURED] = shown([_metric_v1(one, _STATUSES, "current") for one in measured])
    if spec.get("behavior"):
        added[_BEHAVIOR] = shown(_behavior_v1(spec["behavior"]))
    if status.get("conditions"):
        added[_CONDITIONS] = shown([_condition_v1(one) for one in status["conditions"]])
    if added:
        meta = {**meta, "annotations": {**(meta.get("annotations") or {}), **added}}
    converted = {**obj, "metadata": meta, "spec": new}
    return {**converted, "status": counted} if "status" in obj else converted


def _without_ours(meta: Object) -> Object:
    annotations = meta.get("annotations") or {}
    if not any(name in annotations for name in _OURS):
        return meta
    kept = {name: text for name, text in annotations.items() if name not in _OURS}
    rest = {field: value for field, value in meta.items() if field != "annotations"}
    return {**rest, "annotations": kept} if kept else rest


def _cpu(field: str, amounts: Object) -> Object:
    return {"type": "Resource", "resource": {"name": "cpu", field: amounts}}


def _wanted_cpu(metric: Object) -> int | None:
    """The wanted use of processors, where the metric is that."""
    resource = metric.get("resource") or {}
    if metric.get("type") != "Resource" or resource.get("name") != "cpu":
        return None
    found: int | None = (resource.get("target") or {}).get("averageUtilization")
    return found


def _read(text: Any, convert: Callable[[Any], Any]) -> Any:
    """What an annotation says, or None where it is not there or cannot be read."""
    if not isinstance(text, str):
        return None
    try:
        return convert(json.loads(text))
    except (ValueError, RecursionError, decoding.WrongTypeError):
        return None


def _fitted(part: str, field: str, value: Any) -> Any:
    found, _ = decoding.fit("autoscaling", "v2", "HorizontalPodAutoscaler", {part: {field: value}})
    return (found.get(part) or {}).get(field)


def _fitted_metrics(found: Any, part: str, field: str) -> list[Object]:
    names, amounts = (_SOURCES, "target") if part == "spec" else (_STATUSES, "current")
    return _fitted(part, field, [_metric_v2(one, names, amounts) for one in _listed(found)]) or []


def _conditions(found: Any) -> list[Object]:
    return _fitted("status", "conditions", _listed(found)) or []


def _listed(found: Any) -> list[Object]:
    """A list of objects; ValueError for anything else."""
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ValueError("no list of objects")
    return found


def _metric_v2(metric: Object, names: dict[str, dict[str, str]], amounts: str) -> Object:
    new: Object = {"type": metric.get("type", "")}
    for kind in _ORDER:
        source = metric.get(kind)
        if source is not None:
            (source,) = _listed([source])
            new[kind] = _source_v2(kind, source, names[kind], amounts)
    return new


def _source_v2(kind: str, source: Object, names: dict[str, str], amounts: str) -> Object:
    new: Object = {field: source[field] for field in ("name", "container") if field in source}
    values = {names[field]: source[field] for field in names if source.get(field) is not None}
    if kind == "object":
        new["describedObject"] = source.get("target")
        if "averageValue" in values and values.get("value") in ("0", 0):
            # v1 cannot leave it out.
            del values["value"]
    if kind in ("object", "pods", "external"):
        selector = source.get("metricSelector" if kind == "external" else "selector")
        new["metric"] = {"name": source.get("metricName", "")}
        if selector is not None:
            new["metric"]["selector"] = selector
    if amounts == "target":
        values = {"type": _target_type(kind, values), **values}
    return {**new, amounts: values}


def _target_type(kind: str, values: Object) -> str:
    if "averageUtilization" in values:
        return "Utilization"
    by_value = "averageValue" not in values if kind == "object" else "value" in values
    return "Value" if kind in ("object", "external") and by_value else "AverageValue"


def _metric_v1(metric: Object, names: dict[str, dict[str, str]], amounts: str) -> Object:
    new: Object = {"type": metric.get("type", "")}
    for kind in _ORDER:
        source = metric.get(kind)
        if source is not None:
            new[kind] = _source_v1(kind, source, names[kind], source.get(amounts) or {})
    return new


def _source_v1(kind: str, source: Object, names: dict[str, str], values: Object) -> Object:
    metric = source.get("metric") or {}
    selector = metric.get("selector")
    told = {
        field: values.get(names[field], "0")
        for field in names
        if names[field] in values or (kind, field) in _ALWAYS
    }
    if kind in ("resource", "containerResource"):
        more = {"container": source.get("container", "")} if kind == "containerResource" else {}
        return {"name": source.get("name", ""), **told, **more}
    if kind == "external":
        chosen = {} if selector is None else {"metricSelector": selector}
        return {"metricName": metric.get("name", ""), **chosen, **told}
    average = {"averageValue": told.pop("averageValue")} if "averageValue" in told else {}
    chosen = {} if selector is None else {"selector": selector}
    described = source.get("describedObject") or {}
    target = {field: described.get(field, "") for field in _REFERENCE if field in described}
    first = {"target": target} if kind == "object" else {}
    return {**first, "metricName": metric.get("name", ""), **told, **chosen, **average}


def _condition_v1(condition: Object) -> Object:
    told = {field: condition[field] for field in _CONDITION if condition.get(field) is not None}
    return {field: told.get(field) for field in _CONDITION if field in told or field == "lastTransitionTime"}


def _capital(field: str) -> str:
    return field[0].upper() + field[1:]


def _behavior_v1(behavior: Object) -> Object:
    def rules(given: Object | None) -> Object | None:
        if given is None:
            return None
        told = {_capital(field): given.get(field) for field in _RULES}
        if given.get("policies") is not None:
            told["Policies"] = [
                {_capital(field): one.get(field, "" if field == "type" else 0) for field in _POLICY}
                for one in given["policies"]
            ]
        return told

    return {"ScaleUp": rules(behavior.get("scaleUp")), "ScaleDown": rules(behavior.get("scaleDown"))}


def _behavior(found: Any) -> Object | None:
    """The behavior that an annotation tells; the names in it are read in any case."""
    if not isinstance(found, dict):
        raise ValueError("no object")
    told = _named(found, ("scaleUp", "scaleDown"))
    for way, rules in told.items():
        told[way] = _named(rules, _RULES) if isinstance(rules, dict) else rules
        policies = told[way].get("policies") if isinstance(rules, dict) else None
        if policies is not None:
            told[way]["policies"] = [_named(one, _POLICY) for one in _listed(policies)]
    fitted: Object | None = _fitted("spec", "behavior", told)
    return fitted


def _named(found: Object, names: tuple[str, ...]) -> Object:
    small = {name.lower(): name for name in names}
    return {
        small[key.lower()]: value
        for key, value in found.items()
        if key.lower() in small and value is not None
    }
