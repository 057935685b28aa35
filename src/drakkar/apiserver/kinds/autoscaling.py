"""The kinds of the group autoscaling."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.autoscaling_v1 import to_v1, to_v2
from drakkar.apiserver.kinds.kind import Converter, Kind
from drakkar.apiserver.kinds.strategy import Strategy
from drakkar.apiserver.tables.scaling import AUTOSCALERS
from drakkar.validation.autoscaler import autoscaler_problems, autoscaler_status_problems

_PERIOD_S = 15


def _autoscaler(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("minReplicas", 1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    if spec.get("behavior") is not None:
        _behavior(spec["behavior"])


def _behavior(behavior: Object) -> None:
    """Fill in what is not said of how fast it goes up and down, once anything is said of it."""
    up = {
        "stabilizationWindowSeconds": 0,
        "selectPolicy": "Max",
        "policies": [_policy("Pods", 4), _policy("Percent", 100)],
    }
    down = {"selectPolicy": "Max", "policies": [_policy("Percent", 100)]}
    for direction, usual in (("scaleUp", up), ("scaleDown", down)):
        given = {k: v for k, v in (behavior.get(direction) or {}).items() if v is not None}
        behavior[direction] = {**usual, **given}


def _policy(kind: str, value: int) -> Object:
    return {"type": kind, "value": value, "periodSeconds": _PERIOD_S}


_AUTOSCALERS = Strategy(
    columns=AUTOSCALERS,
    default=_autoscaler,
    rules=autoscaler_problems,
    status_changes=autoscaler_status_problems,
    status_counts=("desiredReplicas",),
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
