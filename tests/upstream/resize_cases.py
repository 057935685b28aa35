"""Pods, and what is asked to be changed of their resources while they run."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
MERGE = "application/merge-patch+json"
_SMALL = {"cpu": "100m", "memory": "64Mi"}
_LARGE = {"cpu": "200m", "memory": "128Mi"}
_GPU = {"example.com/gpu": "1"}
_RUNNING = {"name": "c", "image": "i", "imageID": "", "ready": True, "restartCount": 0}
_RUNNING["state"] = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}


def _container(
    name: str, requests: Object | None = None, limits: Object | None = None, **more: Any
) -> Object:
    resources = {**({"requests": requests} if requests else {}), **({"limits": limits} if limits else {})}
    return {"name": name, "image": "i", "resources": resources, **more}


def _pod(*containers: Object, **spec: Any) -> Object:
    return {"spec": {"containers": list(containers), **spec}}


def _policies(*policies: tuple[str, str]) -> list[Object]:
    return [{"resourceName": name, "restartPolicy": what} for name, what in policies]


_SIDECAR = _container("side", _SMALL, restartPolicy="Always")
# By name; what is not in the spec is written to the status or the metadata.
PODS: dict[str, Object] = {
    "burstable": _pod(_container("c", _SMALL, _LARGE)),
    "guaranteed": _pod(_container("c", _SMALL, _SMALL)),
    "best-effort": _pod(_container("c")),
    "two": _pod(_container("c", _SMALL), _container("d", _SMALL, _LARGE)),
    "beside": _pod(_container("c", _SMALL), initContainers=[_container("init", _SMALL), _SIDECAR]),
    "before": _pod(
        _container("c", _SMALL),
        initContainers=[_container("side", _SMALL, resizePolicy=_policies(("cpu", "NotRequired")))],
    ),
    "policies": _pod(_container("c", _SMALL, resizePolicy=_policies(("cpu", "RestartContainer")))),
    "extended": _pod(_container("c", {**_SMALL, **_GPU}, {**_LARGE, **_GPU})),
    "whole": _pod(_container("c", _SMALL), resources={"requests": _LARGE}),
    "limited-whole": _pod(_container("c"), resources={"requests": _LARGE, "limits": _LARGE}),
    "windows": _pod(_container("c", _SMALL), os={"name": "windows"}),
    "mirror": _pod(_container("c", _SMALL), nodeName="resize-node"),
    "bound": _pod(_container("c", _SMALL), nodeName="resize-node"),
    "nowhere": _pod(_container("c", _SMALL), nodeName="resize-no-node"),
    "elsewhere": _pod(_container("c", _SMALL), nodeName="resize-windows"),
    "claimed": _pod(_container("c", _SMALL), resourceClaims=[{"name": "x", "resourceClaimName": "x"}]),
    "untold": _pod(_container("c", _SMALL)),
    "told": _pod(_container("c", _SMALL)),
    "volume": _pod(_container("c", _SMALL), volumes=[{"name": "v", "emptyDir": {"sizeLimit": "1Gi"}}]),
    "ended": _pod(_container("c", _SMALL), restartPolicy="Never"),
}
ANNOTATIONS: dict[str, Object] = {"mirror": {"kubernetes.io/config.mirror": "x"}}
STATUSES: dict[str, Object] = {
    "untold": {"phase": "Running", "containerStatuses": [_RUNNING]},
    "told": {"phase": "Running", "containerStatuses": [{**_RUNNING, "resources": {"requests": _SMALL}}]},
    "ended": {"phase": "Succeeded"},
}
NODES: tuple[Object, ...] = (
    {
        "metadata": {"name": "resize-node", "labels": {"kubernetes.io/os": "linux"}},
        "status": {"allocatable": {"cpu": "2", "memory": "1Gi"}},
    },
    {
        "metadata": {"name": "resize-windows", "labels": {"kubernetes.io/os": "windows"}},
        "status": {"allocatable": {"cpu": "2", "memory": "1Gi"}},
    },
)


def _of(name: str = "c", field: str = "containers", **parts: Any) -> Object:
    return {"spec": {field: [{"name": name, **parts}]}}


def _asks(requests: Object | None, limits: Object | None = None, name: str = "c", **more: Any) -> Object:
    resources = {**({"requests": requests} if requests else {}), **({"limits": limits} if limits else {})}
    return _of(name, resources=resources, **more)


# What is asked of each of them, as strategic merge patches.
CHANGES: dict[str, Object] = {
    "nothing": {},
    "more cpu": _asks({"cpu": "150m"}),
    "more memory": _asks({"memory": "100Mi"}),
    "less": _asks({"cpu": "50m", "memory": "1Mi"}),
    "the same otherwise written": _asks({"cpu": "0.1"}),
    "more than the limit": _asks({"cpu": "3"}, {"cpu": "2"}),
    "more than a node": _asks({"cpu": "9", "memory": "9Gi"}, {"cpu": "9", "memory": "9Gi"}),
    "all and no more": _asks(_LARGE, _LARGE),
    "a limit": _asks(None, {"memory": "256Mi"}),
    "no limit": _asks({"cpu": "100m"}, {"cpu": None}),
    "no limits": _of(resources={"limits": None}),
    "no requests": _of(resources={"requests": None}),
    "no resources": _of(resources=None),
    "negative": _asks({"cpu": "-1"}),
    "no amount": _asks({"cpu": "x"}),
    "of a unit": _asks({"cpu": "1e9"}),
    "an extended resource": _asks(_GPU, _GPU),
    "more of an extended resource": _asks({"example.com/gpu": "2"}, {"example.com/gpu": "2"}),
    "a place on a disk": _asks({"ephemeral-storage": "1Gi"}),
    "huge pages": _asks({"hugepages-2Mi": "2Mi"}, {"hugepages-2Mi": "2Mi"}),
    "a name that is none": _asks({"no name": "1"}),
    "a claim": _of(resources={"claims": [{"name": "x"}]}),
    "a policy": _of(resizePolicy=_policies(("cpu", "NotRequired"))),
    "another policy": _of(resizePolicy=_policies(("memory", "RestartContainer"))),
    "a policy that is none": _of(resizePolicy=_policies(("cpu", "Sometimes"))),
    "both containers": {
        "spec": {
            "containers": [
                {
                    "name": name,
                    "resources": {"requests": {"cpu": "120m", "example.com/gpu": "1"}, "limits": _GPU},
                }
                for name in ("c", "d")
            ]
        }
    },
    "one more container": _of("e", image="i"),
    "one container less": {"spec": {"containers": [{"name": "c", "$patch": "delete"}]}},
    "a sidecar": _of("side", "initContainers", resources={"requests": {"cpu": "150m"}}),
    "a sidecar without": _of("side", "initContainers", resources={"requests": None}),
    "a sidecar's disk": _of("side", "initContainers", resources={"requests": {"ephemeral-storage": "1"}}),
    "a container before": _of("init", "initContainers", resources={"requests": {"cpu": "150m"}}),
    "one more before": _of("again", "initContainers", image="i"),
    "as a whole": {"spec": {"resources": {"requests": {"cpu": "300m"}}}},
    "as a whole with limits": {
        "spec": {"resources": {"requests": _LARGE, "limits": {"cpu": "1", "memory": "1Gi"}}}
    },
    "as a whole less than its containers": {"spec": {"resources": {"requests": {"cpu": "1m"}}}},
    "as a whole no more": {"spec": {"resources": None}},
    "as a whole without cpu": {"spec": {"resources": {"requests": {"cpu": None}}}},
    "as a whole nothing": {"spec": {"resources": {}}},
    "huge pages as a whole": {
        "spec": {"resources": {"requests": {"hugepages-2Mi": "2Mi"}, "limits": {"hugepages-2Mi": "2Mi"}}}
    },
    "an image": {**_of(image="other"), "metadata": {"labels": {"a": "b"}, "annotations": {"a": "b"}}},
    "a deadline": {"spec": {"activeDeadlineSeconds": 5}},
    "a toleration": {"spec": {"tolerations": [{"key": "x", "operator": "Exists"}]}},
    "a volume": {"spec": {"volumes": [{"name": "v", "emptyDir": {"sizeLimit": "2Gi"}}]}},
    "a status": {"status": {"phase": "Failed"}, **_asks({"cpu": "110m"})},
    "a field of no kind": _asks({"cpu": "110m"}, wrong=1),
    "another name": {"metadata": {"name": "other"}},
    "another uid": {"metadata": {"uid": "other"}},
    "another version": {"metadata": {"resourceVersion": "1"}},
    "a finalizer": {"metadata": {"finalizers": ["a.example/b"]}},
}
# Written in turn to one pod: how, and what; the name is that of the writer.
TURNS: tuple[tuple[str, str, str, Any], ...] = (
    ("PATCH", STRATEGIC, "one", _asks({"cpu": "150m"})),
    ("PATCH", STRATEGIC, "two", _asks({"memory": "100Mi"}, {"cpu": "1"})),
    ("PATCH", MERGE, "one", {"metadata": {"labels": {"a": "b"}}}),
    (
        "PATCH",
        JSON_PATCH,
        "one",
        [{"op": "replace", "path": "/spec/containers/0/resources/requests/cpu", "value": "160m"}],
    ),
    ("PATCH", JSON_PATCH, "one", [{"op": "replace", "path": "/spec/containers/0/name", "value": "x"}]),
    ("PATCH", "application/apply-patch+yaml", "three", _asks({"cpu": "170m"})),
    ("PATCH", "application/apply-patch+yaml", "three", _of(resources={})),
    ("PATCH", "application/apply-patch+yaml", "four", _of(image="i")),
    ("PATCH", "application/json", "one", {}),
    ("PUT", "application/json", "one", {}),
    (
        "PUT",
        "application/json",
        "one",
        {"metadata": {"name": "turned"}, **_pod(_container("c", _SMALL, {"cpu": "1"}))},
    ),
    ("PUT", "application/json", "one", {"metadata": {"name": "turned"}, **_pod(_container("c"))}),
    (
        "PUT",
        "application/json",
        "one",
        {"metadata": {"name": "turned"}, **_pod(_container("c", _LARGE), _container("d"))},
    ),
    ("PUT", "application/json", "one", {"metadata": {"name": "turned"}, **_pod(_container("d", _LARGE))}),
    ("PUT", "application/json", "one", {"metadata": {"name": "turned"}}),
    ("POST", "application/json", "one", {}),
    ("DELETE", "application/json", "one", {}),
    ("GET", "application/json", "one", {}),
)
