"""Whether the scheduler can read an object at all. One that it cannot costs only itself and is told by name.

A server of today lets no such object in; one that was stored before, or by another version, may be there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .affinity import node_reasons, pod_reads, preferred_weight
from .dra import claim_names
from .nodefit import fit_reasons, host_ports, pod_requests
from .taints import soft_taints, taint_reasons

Object = dict[str, Any]

_POD: Object = {"metadata": {"name": "p", "namespace": "n"}, "spec": {}}
_NODE: Object = {
    "metadata": {"name": "n", "labels": {}},
    "spec": {"taints": [{"key": "k", "effect": effect} for effect in ("NoSchedule", "PreferNoSchedule")]},
}


def _why(*looks: Callable[[], object]) -> str:
    for look in looks:
        try:
            look()
        except Exception as error:
            # Whatever it is that cannot be read: that is what is asked here.
            return str(error) or repr(error)
    return ""


def _fields(obj: Object, *names: str) -> None:
    metadata = obj["metadata"]
    for name in names:
        if not isinstance(metadata[name], str):
            raise TypeError(f"metadata.{name} is no text")


def _kinds(where: str, obj: Object, fields: Mapping[str, type]) -> None:
    for name, kind in fields.items():
        if obj.get(name) is not None and not isinstance(obj[name], kind):
            raise TypeError(f"{where}.{name} is no {kind.__name__}")


def pod_fault(pod: Object) -> str:
    """What keeps the pod from being placed or reckoned with; nothing if all of it can be read."""

    def shape() -> None:
        _fields(pod, "name", "namespace", "uid", "resourceVersion")
        _kinds("metadata", pod["metadata"], {"labels": dict, "creationTimestamp": str})
        _kinds("pod", pod, {"spec": dict, "status": dict})
        _kinds("spec", pod.get("spec") or {}, {"nodeName": str, "priority": int, "schedulerName": str})
        _kinds("status", pod.get("status") or {}, {"phase": str, "conditions": list})

    return _why(
        shape,
        lambda: pod_requests(pod),
        lambda: host_ports(pod),
        lambda: claim_names(pod),
        lambda: (taint_reasons(pod, _NODE), soft_taints(pod, _NODE)),
        lambda: (node_reasons(pod, _NODE), preferred_weight(pod, _NODE)),
        lambda: pod_reads(pod),
    )


def node_fault(node: Object) -> str:
    """What keeps the node from being judged; nothing if all of it can be read."""

    def shape() -> None:
        _fields(node, "name")
        _kinds("metadata", node["metadata"], {"labels": dict})
        for key, value in (node["metadata"].get("labels") or {}).items():
            if not isinstance(value, str):
                raise TypeError(f"metadata.labels.{key} is no text")
        allocatable = (node.get("status") or {}).get("allocatable") or {}
        wants = {"resources": {"requests": dict.fromkeys(allocatable, "1")}}
        fit_reasons({**_POD, "spec": {"containers": [wants]}}, node, [])

    return _why(shape, lambda: (taint_reasons(_POD, node), soft_taints(_POD, node)))


def claim_fault(claim: Object) -> str:
    """What keeps the claim from being used; nothing if all that is looked at can be read."""

    def shape() -> None:
        _fields(claim, "name", "namespace", "uid", "resourceVersion")
        _kinds("metadata", claim["metadata"], {"finalizers": list, "ownerReferences": list})
        _kinds("claim", claim, {"spec": dict, "status": dict})
        status = claim.get("status") or {}
        _kinds("status", status, {"allocation": dict, "reservedFor": list})
        for where, entries in (
            ("status.reservedFor", status.get("reservedFor")),
            ("metadata.ownerReferences", claim["metadata"].get("ownerReferences")),
        ):
            for entry in entries or []:
                if not isinstance(entry, dict):
                    raise TypeError(f"{where} has an entry that is no object")

    return _why(shape)


def what_counts(pod: Object) -> Object | None:
    """What of a pod that cannot be read is reckoned with: that it is on its node. None where that is not to be told."""
    metadata, spec, status = (pod.get(part) for part in ("metadata", "spec", "status"))
    node = spec.get("nodeName") if isinstance(spec, dict) else None
    if not isinstance(metadata, dict) or not isinstance(node, str) or not node:
        return None
    kept = {name: metadata.get(name) for name in ("name", "namespace", "uid", "resourceVersion")}
    if not all(isinstance(value, str) for value in kept.values()):
        return None
    phase = status.get("phase") if isinstance(status, dict) else None
    return {"metadata": kept, "spec": {"nodeName": node}, "status": {"phase": phase}}
