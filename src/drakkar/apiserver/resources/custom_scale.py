"""The scale of a custom object: where its definition says that it stands."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.custom.simple_path import dotted
from drakkar.apiserver.kinds.custom_strategy import CustomStrategy, ScalePaths, selector_text, whole_number

# No number of replicas: what a patch is applied to has it where nothing is set, as upstream.
UNSET = -(2**31)
_KEPT = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


def _paths(strategy: CustomStrategy) -> ScalePaths:
    if strategy.scale is None:
        raise errors.no_such_resource()
    return strategy.scale


def scale_of(strategy: CustomStrategy, obj: Object) -> Object:
    """The Scale; StatusError 500 where the number of replicas cannot be told."""
    made = scale_before(strategy, obj)
    if made["spec"].get("replicas") == UNSET:
        raise errors.internal(f'the spec replicas field "{_paths(strategy).spec}" does not exist')
    return made


def scale_before(strategy: CustomStrategy, obj: Object) -> Object:
    """The Scale that a patch begins with: it has UNSET where there is no number of replicas."""
    paths, meta = _paths(strategy), obj["metadata"]
    try:
        wanted, there = whole_number(obj, paths.spec), whole_number(obj, paths.status)
        selector = selector_text(obj, paths.selector) if paths.selector else ""
    except ValueError as failure:
        raise errors.internal(str(failure)) from None
    wanted = UNSET if wanted is None else wanted
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


def scaled(strategy: CustomStrategy, old: Object, replicas: int) -> Object:
    """The object with another number of replicas; StatusError 500 where there is no place for it, 400 where a patch leaves it
    unset."""
    if replicas == UNSET:
        raise errors.bad_request(f'the spec replicas field "{_paths(strategy).spec}" cannot be empty')
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
