"""Short ways to write the objects that the planner's tests plan with."""

from __future__ import annotations

from typing import Any

from drakkar.planner import Sourced, World

Object = dict[str, Any]
DRIVER = "gpu.example.com"


def world(*objects: Object) -> World:
    return World(Sourced(obj, f"test, document {index + 1}") for index, obj in enumerate(objects))


def node(name: str = "n1", taints: list[Object] | None = None, **labels: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "spec": {"taints": taints or []},
        "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "10"}},
    }


def device(name: str, memory: str | None = None, **rest: Any) -> Object:
    capacity = {"capacity": {"memory": {"value": memory}}} if memory else {}
    return {"name": name, **capacity, **rest}


def attributes(**values: str) -> Object:
    return {name: {"string": value} for name, value in values.items()}


def slice_(*devices: Object, node: str = "n1", name: str = "", count: int = 1, **spec: Any) -> Object:
    found = {
        "driver": DRIVER,
        "nodeName": node,
        "pool": {"name": node, "generation": 1, "resourceSliceCount": count},
        **spec,
    }
    if devices:
        found["devices"] = list(devices)
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceSlice",
        "metadata": {"name": name or f"{node}-slice"},
        "spec": found,
    }


def device_class(name: str = "gpu", *expressions: str) -> Object:
    selectors = [{"cel": {"expression": expression}} for expression in expressions]
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "DeviceClass",
        "metadata": {"name": name},
        "spec": {"selectors": selectors} if selectors else {},
    }


def request(name: str = "r", *expressions: str, class_: str = "gpu", **rest: Any) -> Object:
    exactly: Object = {"deviceClassName": class_, **rest}
    if expressions:
        exactly["selectors"] = [{"cel": {"expression": expression}} for expression in expressions]
    return {"name": name, "exactly": exactly}


def claim(name: str, *requests: Object, devices: list[str] | None = None, **spec: Any) -> Object:
    """A claim; with `devices` it has them on node n1 already."""
    found: Object = {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaim",
        "metadata": {"name": name, "namespace": "ns", "uid": f"uid-{name}"},
        "spec": {"devices": {"requests": list(requests) or [request()], **spec}},
    }
    if devices is not None:
        results = [{"request": "r", "driver": DRIVER, "pool": "n1", "device": one} for one in devices]
        field = {"key": "metadata.name", "operator": "In", "values": ["n1"]}
        found["status"] = {
            "allocation": {
                "devices": {"results": results},
                "nodeSelector": {"nodeSelectorTerms": [{"matchFields": [field]}]},
            }
        }
    return found


def template(name: str, *requests: Object) -> Object:
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaimTemplate",
        "metadata": {"name": name, "namespace": "ns"},
        "spec": {"spec": {"devices": {"requests": list(requests) or [request()]}}},
    }


def pod_spec(*claims: str, template: str = "", **spec: Any) -> Object:
    entries: list[Object] = [{"name": name, "resourceClaimName": name} for name in claims]
    if template:
        entries.append({"name": "own", "resourceClaimTemplateName": template})
    return {"containers": [{"name": "c"}], "resourceClaims": entries, **spec}


def pod(name: str, *claims: str, template: str = "", **spec: Any) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "ns"},
        "spec": pod_spec(*claims, template=template, **spec),
    }


def workload(kind: str, name: str, template: str = "", **spec: Any) -> Object:
    return {
        "apiVersion": "batch/v1" if kind == "Job" else "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "ns"},
        "spec": {"template": {"spec": pod_spec(template=template)}, **spec},
    }
