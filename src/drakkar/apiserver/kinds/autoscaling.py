"""The kinds of the group autoscaling."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from drakkar.api.object import Object
from drakkar.apiserver.kinds.autoscaling_v1 import to_v1, to_v2
from drakkar.apiserver.kinds.kind import Converter, Kind
from drakkar.apiserver.kinds.strategy import Strategy
from drakkar.apiserver.tables.scaling import AUTOSCALERS
from drakkar.validation.field_error import FieldError

_BY_PERCENT = {"type": "Percent", "value": 100, "periodSeconds": 15}
# What behavior says of the two ways where it says nothing of them.
_BEHAVIOR: dict[str, Object] = {
    "scaleUp": {
        "stabilizationWindowSeconds": 0,
        "selectPolicy": "Max",
        "policies": [{"type": "Pods", "value": 4, "periodSeconds": 15}, _BY_PERCENT],
    },
    "scaleDown": {"selectPolicy": "Max", "policies": [_BY_PERCENT]},
}


def _autoscaler(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("minReplicas", 1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    behavior = spec.get("behavior")
    if behavior is not None:
        for way, rules in _BEHAVIOR.items():
            given = {field: value for field, value in (behavior.get(way) or {}).items() if value is not None}
            behavior[way] = {**copy.deepcopy(rules), **given}


def _autoscaler_rules(obj: Object) -> Iterator[FieldError]:
    spec = obj.get("spec") or {}
    fewest, most = spec.get("minReplicas"), spec.get("maxReplicas") or 0
    if fewest is not None and fewest < 1:
        yield FieldError.invalid("spec.minReplicas", str(fewest), "must be greater than or equal to 1")
    if most < 1:
        yield FieldError.invalid("spec.maxReplicas", str(most), "must be greater than 0")
    if fewest is not None and most < fewest:
        said = "must be greater than or equal to `minReplicas`"
        yield FieldError.invalid("spec.maxReplicas", str(most), said)
    target = spec.get("scaleTargetRef") or {}
    for field in ("kind", "name"):
        if not target.get(field):
            yield FieldError.required(f"spec.scaleTargetRef.{field}")


_AUTOSCALERS = Strategy(
    columns=AUTOSCALERS,
    default=_autoscaler,
    rules=_autoscaler_rules,
    idle="nothing is scaled by a HorizontalPodAutoscaler",
)


def _version(version: str, converter: Converter | None = None) -> Kind:
    return Kind(
        "autoscaling",
        version,
        "horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
        True,
        ("hpa",),
        True,
        True,
        ("all",),
        strategy=_AUTOSCALERS,
        converter=converter,
    )


# All are kept as v2.
KINDS = (_version("v2"), _version("v1", Converter(to_v2, to_v1)))
