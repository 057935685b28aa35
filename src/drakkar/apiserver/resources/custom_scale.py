"""The scale of a custom object: where its definition says that it stands."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.custom.simple_path import dotted
from drakkar.apiserver.kinds.custom_strategy import CustomStrategy, ScalePaths, selector_text, whole_number

_KEPT = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


def _paths(strategy: CustomStrategy) -> ScalePaths:
    if strategy.scale is None:
        raise errors.no_such_resource()
    return strategy.scale


def scale_of(strategy: CustomStrategy, obj: Object) -> Object:
    """The Scale; StatusError 500 where the number of replicas cannot be told."""
    paths, meta = _paths(strategy), obj["metadata"]
    try:
        wanted, there = whole_number(obj, paths.spec), whole_number(obj, paths.status)
        selector = selector_text(obj, paths.selector) if paths.selector else ""
    except ValueError as failure:
        raise errors.internal(str(failure)) from None
    if wanted is None:
        raise errors.internal(f'the spec replicas field "{paths.spec}" does not exist')
    status: Object = {"replicas": there or 0}
    if selector:
        status["selector"] = selector
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {field: meta[field] for field in _KEPT if field in meta},
        "spec": {"replicas": wanted} if wanted else {},
        "status": status,
    }


def check(strategy: CustomStrategy, old: Object, scale: Object) -> None:
    """Raises StatusError 400 for a Scale that sets nothing where nothing was set before."""
    path = _paths(strategy).spec
    spec = scale.get("spec") or {}
    if "replicas" not in spec and whole_number(old, path) is None and not scale.get("spec"):
        return


def scaled(strategy: CustomStrategy, old: Object, replicas: int) -> Object:
    """The object with another number of replicas; StatusError 500 where there is no place for it."""
    names = dotted(_paths(strategy).spec)
    made: Object = dict(old)
    place = made
    for at, name in enumerate(names[:-1]):
        below = place.get(name, {})
        if not isinstance(below, dict):
            where = ".".join(names[: at + 1])
            raise errors.internal(f"value cannot be set because .{where} is not a map[string]interface{{}}")
        place[name] = dict(below)
        place = place[name]
    place[names[-1]] = replicas
    return made
