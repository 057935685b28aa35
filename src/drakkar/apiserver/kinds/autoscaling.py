"""The kinds of the group autoscaling."""

from __future__ import annotations

from collections.abc import Iterator

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import Strategy
from drakkar.apiserver.tables.scaling import AUTOSCALERS
from drakkar.validation.field_error import FieldError


def _autoscaler(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("minReplicas", 1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]


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
KINDS = (
    Kind(
        "autoscaling",
        "v2",
        "horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
        True,
        ("hpa",),
        True,
        categories=("all",),
        strategy=_AUTOSCALERS,
    ),
)
