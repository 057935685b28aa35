"""Whether an object has the shape that the parts read it by. One that has not is left out, so that it costs only itself.

A server of today lets no such object in; one that was stored before, or by another version, or written by a person, may be
there.
"""

from __future__ import annotations

from typing import Any

import msgspec

from drakkar.api import core, resource, workloads
from drakkar.api.resource import DecodeError, decode

# Those that have their metadata checked with them.
_KINDS: dict[str, type[msgspec.Struct]] = {
    "ConfigMap": workloads.ConfigMap,
    "ControllerRevision": workloads.ControllerRevision,
    "EndpointSlice": workloads.EndpointSlice,
    "Namespace": workloads.Namespace,
    "Node": core.Node,
    "Pod": core.Pod,
    "PriorityClass": workloads.PriorityClass,
    "Service": workloads.Service,
    **dict.fromkeys(("DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet"), workloads.Workload),
}
_DRA: dict[str, type[msgspec.Struct]] = {
    "DeviceClass": resource.DeviceClass,
    "DeviceTaintRule": resource.DeviceTaintRule,
    "ResourceClaim": resource.ResourceClaim,
    "ResourceClaimTemplate": resource.ResourceClaimTemplate,
    "ResourceSlice": resource.ResourceSlice,
}


def read(kind: str, obj: dict[str, Any]) -> msgspec.Struct:
    """The struct of an object; DecodeError says by the path of a field what is wrong with its shape. Of kinds that nobody
    computes with it holds the metadata.
    """
    try:
        found = decode(_KINDS.get(kind, core.Named), obj)
        return decode(_DRA[kind], obj) if kind in _DRA else found
    except RecursionError:
        raise DecodeError("is nested too deep") from None


def wrong_shape(kind: str, obj: dict[str, Any]) -> str | None:
    """What is wrong with an object's shape; None when nothing is."""
    try:
        read(kind, obj)
    except DecodeError as error:
        return str(error)
    return None
