"""Pods and nodes as structs, written as in a manifest."""

from __future__ import annotations

from typing import Any

from drakkar.api.core import Node, Pod
from drakkar.api.resource import decode


def node(name: str = "n", labels: dict[str, str] | None = None, **fields: Any) -> Node:
    """`fields`: taints, unschedulable, allocatable."""
    allocatable = fields.pop("allocatable", {"cpu": "4", "memory": "8Gi", "pods": "10"})
    made = {"metadata": {"name": name, "labels": labels or {}}, "spec": fields}
    return decode(Node, {**made, "status": {"allocatable": allocatable}})


def pod(
    name: str = "p", labels: dict[str, str] | None = None, namespace: str = "default", **spec: Any
) -> Pod:
    """`spec` besides cpu, memory, ports and image, which are the one container's."""
    requests = {key: spec.pop(key) for key in ("cpu", "memory") if key in spec}
    image = spec.pop("image", "i")
    container = {
        "name": "c",
        "image": image,
        "resources": {"requests": requests},
        "ports": spec.pop("ports", []),
    }
    metadata = {"name": name, "namespace": namespace, "labels": labels or {}}
    return decode(Pod, {"metadata": metadata, "spec": {"containers": [container], **spec}})
