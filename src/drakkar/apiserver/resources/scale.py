"""The scale of workloads: what it shows of one, and what becomes of the workload when it is written."""

from __future__ import annotations

from typing import Any

from drakkar.api.object import Object
from drakkar.api.selectors import SelectorError, label_selector
from drakkar.apiserver import errors
from drakkar.apiserver.kinds.custom_strategy import CustomStrategy
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import Strategy
from drakkar.apiserver.resources import custom_scale
from drakkar.validation.field_error import FieldError


def _completed(scale: Object) -> None:
    """Complete a Scale as it is read, in place."""
    scale.setdefault("status", {}).setdefault("replicas", 0)


KIND = Kind(
    *("autoscaling", "v1", "scales", "Scale", True),
    verbs=("update",),
    strategy=Strategy(default=_completed),
)


def _selector_text(kind: Kind, spec: Object) -> str:
    selector = spec.get("selector")
    if kind.strategy.selects_by_labels:
        selector = {"matchLabels": selector or {}}
    try:
        parsed = label_selector(selector)
    except SelectorError as error:
        raise errors.bad_request(str(error)) from None
    return "" if parsed is None else parsed.text()


def scale_of(kind: Kind, obj: Object) -> Object:
    """The Scale of a workload."""
    if isinstance(kind.strategy, CustomStrategy):
        return custom_scale.scale_of(kind.strategy, obj)
    meta = obj["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {field: meta[field] for field in kept if field in meta},
        "spec": {"replicas": spec["replicas"]} if spec.get("replicas") else {},
        "status": {"replicas": status.get("replicas", 0), "selector": _selector_text(kind, spec)},
    }


def scale_before(kind: Kind, obj: Object) -> Object:
    """The Scale that a patch is applied to."""
    if isinstance(kind.strategy, CustomStrategy):
        return custom_scale.scale_before(kind.strategy, obj)
    return scale_of(kind, obj)


def scaled(kind: Kind, old: Object, scale: Any) -> Object:
    """The workload with the replicas and the preconditions of a Scale."""
    if not isinstance(scale, dict):
        raise errors.bad_request("the body is not a Scale")
    replicas = (scale.get("spec") or {}).get("replicas") or 0
    name = old["metadata"]["name"]
    if not isinstance(replicas, int) or isinstance(replicas, bool):
        raise errors.bad_request(
            "json: cannot unmarshal into Go struct field Scale.spec.replicas of type int32"
        )
    if replicas < 0 and not isinstance(kind.strategy, CustomStrategy):
        cause = FieldError.invalid("spec.replicas", str(replicas), "must be greater than or equal to 0")
        raise errors.invalid("autoscaling", "Scale", name, [cause])
    given = scale.get("metadata") or {}
    meta = {**old["metadata"], **{k: given[k] for k in ("resourceVersion", "uid") if given.get(k)}}
    if isinstance(kind.strategy, CustomStrategy):
        return {**custom_scale.scaled(kind.strategy, old, replicas), "metadata": meta}
    return {**old, "metadata": meta, "spec": {**old["spec"], "replicas": replicas}}
