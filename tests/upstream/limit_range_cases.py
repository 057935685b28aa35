"""LimitRanges that are right or wrong, and what is put into namespaces that have some."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

Object = dict[str, Any]


def limit_range(*limits: Object) -> Object:
    return {"metadata": {"name": "x"}, "spec": {"limits": list(limits)}}


def _item(kind: str, **parts: Any) -> Object:
    return {"type": kind, **parts}


def rules() -> Iterator[Object]:
    """LimitRanges that are to be looked at by themselves."""
    for item in (
        {},
        {"type": "Pod"},
        {"type": "Pods", "max": {"cpu": "1"}},
        {"type": "Pod", "max": {"cpu": "a"}},
        {"type": "example.com/own", "max": {"cpu": "1"}},
        {"type": "a b", "max": {"cpu": "1"}},
    ):
        yield limit_range(item)
    for limits in (
        {"max": {"cpu": "1"}, "min": {"cpu": "2"}},
        {"default": {"cpu": "2"}, "max": {"cpu": "1"}},
        {"defaultRequest": {"cpu": "2"}, "default": {"cpu": "1"}},
        {"defaultRequest": {"cpu": "1"}, "min": {"cpu": "2"}},
        {"defaultRequest": {"cpu": "3"}, "max": {"cpu": "2"}},
        {"default": {"cpu": "1"}, "min": {"cpu": "2"}},
        {"maxLimitRequestRatio": {"cpu": "0.5"}},
        {"maxLimitRequestRatio": {"cpu": "2"}, "max": {"cpu": "4"}, "min": {"cpu": "1"}},
        {"maxLimitRequestRatio": {"cpu": "5"}, "max": {"cpu": "4"}, "min": {"cpu": "1"}},
        {"maxLimitRequestRatio": {"memory": "1.5"}, "max": {"memory": "4Gi"}, "min": {"memory": "3Gi"}},
        {"maxLimitRequestRatio": {"cpu": "5"}, "max": {"cpu": "4"}, "min": {"cpu": "0"}},
        {"max": {"a b": "1"}},
        {"max": {"nonsense": "1"}},
        {"max": {"example.com/gpu": "1"}},
        {"max": {"requests.example.com/gpu": "1"}},
        {"max": {"storage": "1Gi"}},
        {"min": {"storage": "2Gi"}, "max": {"storage": "1Gi"}},
        {"max": {"pods": "1"}},
        {"max": {"ephemeral-storage": "1Gi"}, "min": {"ephemeral-storage": "1Mi"}},
        {"max": {"cpu": "1"}, "default": {"cpu": "1"}, "defaultRequest": {"cpu": "500m"}},
        {"default": {"example.com/gpu": "2"}, "defaultRequest": {"example.com/gpu": "1"}},
        {"default": {"hugepages-2Mi": "4Mi"}, "defaultRequest": {"hugepages-2Mi": "2Mi"}},
        {"max": {"cpu": "-1"}},
    ):
        for kind in ("Container", "Pod", "PersistentVolumeClaim"):
            yield limit_range(_item(kind, **limits))
    yield limit_range(_item("Pod", max={"cpu": "1"}), _item("Pod", max={"cpu": "2"}))
    yield limit_range(_item("Pod", max={"cpu": "1"}), _item("Container", max={"cpu": "2"}))


class Scene(NamedTuple):
    """The limits of a namespace, and what is put into it: (plural, object)."""

    limits: list[Object]
    asked: list[tuple[str, Object]]


def _container(name: str = "c", **resources: Any) -> Object:
    return {"name": name, "image": "i", "resources": resources}


def _pod(*containers: Object, **spec: Any) -> tuple[str, Object]:
    return "pods", {"metadata": {"name": "p"}, "spec": {"containers": list(containers), **spec}}


def _asks(requests: Object | None = None, limits: Object | None = None) -> tuple[str, Object]:
    return _pod(_container(requests=requests or {}, limits=limits or {}))


def _claim(**resources: Any) -> tuple[str, Object]:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": resources}
    return "persistentvolumeclaims", {"metadata": {"name": "v"}, "spec": spec}


_SEVERAL = [
    _asks(),
    _asks({"cpu": "1"}),
    _asks({"cpu": "100m"}),
    _asks({"cpu": "3"}),
    _asks({}, {"cpu": "3"}),
    _asks({}, {"cpu": "1"}),
    _asks({"cpu": "50m"}, {"cpu": "2"}),
    _asks({"cpu": "1", "memory": "1Gi"}, {"cpu": "2", "memory": "2Gi"}),
    _asks({"cpu": "1", "memory": "1Gi"}, {"cpu": "4", "memory": "20Gi"}),
    _asks({"cpu": "0"}, {"cpu": "0"}),
    _asks({"memory": "1"}, {"memory": "1"}),
    _asks({"example.com/gpu": "1"}, {"example.com/gpu": "1"}),
    _asks({"example.com/gpu": "9"}, {"example.com/gpu": "9"}),
    _asks({"ephemeral-storage": "1Mi"}),
    _pod(_container("a"), _container("b", requests={"cpu": "2"})),
    _pod(
        _container("a", requests={"cpu": "1"}, limits={"cpu": "2"}),
        _container("b", requests={"cpu": "1500m"}),
    ),
    _pod(_container("a"), initContainers=[_container("i")]),
    _pod(_container("a"), initContainers=[_container("i", requests={"cpu": "1"}, limits={"cpu": "9"})]),
    _pod(
        _container("a", requests={"cpu": "1"}, limits={"cpu": "1"}),
        initContainers=[
            {**_container("s", requests={"cpu": "1"}, limits={"cpu": "1"}), "restartPolicy": "Always"},
            _container("i", requests={"cpu": "1"}, limits={"cpu": "1"}),
        ],
    ),
    _pod(_container("a"), resources={"requests": {"cpu": "1"}, "limits": {"cpu": "2"}}),
    _pod(_container("a"), resources={"requests": {"cpu": "9"}, "limits": {"cpu": "9"}}),
]
_CLAIMS = [
    _claim(requests={"storage": "1Gi"}),
    _claim(requests={"storage": "1Mi"}),
    _claim(requests={"storage": "100Gi"}),
    _claim(requests={"storage": "1Gi"}, limits={"storage": "100Gi"}),
]
SCENES = {
    "nothing": Scene([], _SEVERAL[:3]),
    "defaults": Scene(
        [_item("Container", default={"cpu": "2", "memory": "1Gi"}, defaultRequest={"cpu": "500m"})], _SEVERAL
    ),
    "a default request alone": Scene([_item("Container", defaultRequest={"cpu": "500m"})], _SEVERAL),
    "the most of a container": Scene([_item("Container", max={"cpu": "2", "memory": "4Gi"})], _SEVERAL),
    "the least of a container": Scene([_item("Container", min={"cpu": "100m", "memory": "2Mi"})], _SEVERAL),
    "a ratio of a container": Scene([_item("Container", maxLimitRequestRatio={"cpu": "2"})], _SEVERAL),
    "a ratio of a fraction": Scene([_item("Container", maxLimitRequestRatio={"cpu": "1.5"})], _SEVERAL),
    "all of a container": Scene(
        [
            _item(
                "Container",
                min={"cpu": "100m"},
                max={"cpu": "2"},
                maxLimitRequestRatio={"cpu": "4"},
                defaultRequest={"cpu": "1"},
            )
        ],
        _SEVERAL,
    ),
    "extended resources": Scene([_item("Container", max={"example.com/gpu": "2"})], _SEVERAL),
    "the most of a pod": Scene([_item("Pod", max={"cpu": "2"})], _SEVERAL),
    "the least of a pod": Scene([_item("Pod", min={"cpu": "2"})], _SEVERAL),
    "a ratio of a pod": Scene([_item("Pod", maxLimitRequestRatio={"cpu": "1"})], _SEVERAL),
    "a pod and its containers": Scene(
        [
            _item("Pod", max={"cpu": "3", "memory": "2Gi"}),
            _item("Container", default={"cpu": "1", "memory": "1Gi"}),
        ],
        _SEVERAL,
    ),
    "claims": Scene(
        [_item("PersistentVolumeClaim", min={"storage": "10Mi"}, max={"storage": "10Gi"})], _CLAIMS
    ),
    "claims of other amounts": Scene(
        [_item("PersistentVolumeClaim", max={"storage": "1Gi", "cpu": "1"})], _CLAIMS
    ),
}
