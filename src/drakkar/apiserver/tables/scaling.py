"""The table of horizontal pod autoscalers."""

from __future__ import annotations

import datetime
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.tables.cells import NONE, UNKNOWN, age, first, part, rows
from drakkar.apiserver.tables.layout import AGE, Column, Layout

_SOURCES = ("resource", "containerResource", "pods", "object", "external")
_SHOWN = 2  # metrics that are shown before the number of the rest


def _source(metric: Object) -> Object:
    return next((part(metric, name) for name in _SOURCES if name in metric), {})


def _label(source: Object) -> str:
    return str(source.get("name") or part(source, "metric").get("name") or "")


def _amount(values: Object) -> str:
    if values.get("averageUtilization") is not None:
        return f"{values['averageUtilization']}%"
    if values.get("averageValue") is not None:
        return str(values["averageValue"])
    return str(values["value"]) if values.get("value") is not None else UNKNOWN


def _targets(obj: Object) -> str:
    spec, status = part(obj, "spec"), part(obj, "status")
    wanted = spec.get("targetCPUUtilizationPercentage")
    if wanted is not None:
        current = status.get("currentCPUUtilizationPercentage")
        return f"cpu: {UNKNOWN if current is None else f'{current}%'}/{wanted}%"
    measured = {(m.get("type"), _label(_source(m))): _source(m) for m in rows(status, "currentMetrics")}
    texts = []
    for metric in rows(spec, "metrics"):
        source = _source(metric)
        current = part(measured.get((metric.get("type"), _label(source)), {}), "current")
        prefix = f"{_label(source)}: " if "resource" in metric or "containerResource" in metric else ""
        texts.append(f"{prefix}{_amount(current)}/{_amount(part(source, 'target'))}")
    return first(texts, _SHOWN, ", ") if texts else NONE


def _autoscaler(obj: Object, now: datetime.datetime) -> list[Any]:
    spec = part(obj, "spec")
    target = part(spec, "scaleTargetRef")
    lowest = spec.get("minReplicas")
    return [
        f"{target.get('kind')}/{target.get('name')}",
        _targets(obj),
        "<unset>" if lowest is None else str(lowest),
        spec.get("maxReplicas", 0),
        part(obj, "status").get("currentReplicas", 0),
        age(obj, now),
    ]


AUTOSCALERS = Layout(
    (
        Column("Reference", description="Object that is scaled"),
        Column("Targets", description="Measured and wanted values of the metrics"),
        Column("MinPods", description="Fewest pods"),
        Column("MaxPods", description="Most pods"),
        Column("Replicas", description="Pods now"),
        AGE,
    ),
    _autoscaler,
)
