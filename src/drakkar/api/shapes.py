"""Whether an object has the shape that the parts read it by. One that has not is left out, so that it costs only itself.

A server of today lets no such object in; one that was stored before, or by another version, or written by a person, may be
there.
"""

from __future__ import annotations

from typing import Any

import msgspec

from drakkar.api import core, resource, storage, workloads
from drakkar.api.resource import DecodeError, decode

_DRA_GROUP = "resource.k8s.io"
# By group and kind: others may have kinds of the same names. Those that have their metadata checked with them.
_KINDS: dict[tuple[str, str], type[msgspec.Struct]] = {
    ("", "ConfigMap"): workloads.ConfigMap,
    ("apps", "ControllerRevision"): workloads.ControllerRevision,
    ("discovery.k8s.io", "EndpointSlice"): workloads.EndpointSlice,
    ("", "Namespace"): workloads.Namespace,
    ("", "Node"): core.Node,
    ("", "Pod"): core.Pod,
    ("policy", "PodDisruptionBudget"): workloads.DisruptionBudget,
    ("scheduling.k8s.io", "PriorityClass"): workloads.PriorityClass,
    ("", "ReplicationController"): workloads.ReplicationController,
    ("", "Service"): workloads.Service,
    ("batch", "CronJob"): workloads.CronJob,
    ("batch", "Job"): workloads.Workload,
    ("", "PersistentVolume"): storage.Volume,
    ("", "PersistentVolumeClaim"): storage.VolumeClaim,
    ("storage.k8s.io", "StorageClass"): storage.StorageClass,
    **{
        ("apps", kind): workloads.Workload
        for kind in ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet")
    },
}
_DRA: dict[tuple[str, str], type[msgspec.Struct]] = {
    (_DRA_GROUP, "DeviceClass"): resource.DeviceClass,
    (_DRA_GROUP, "DeviceTaintRule"): resource.DeviceTaintRule,
    (_DRA_GROUP, "ResourceClaim"): resource.ResourceClaim,
    (_DRA_GROUP, "ResourceClaimTemplate"): resource.ResourceClaimTemplate,
    (_DRA_GROUP, "ResourceSlice"): resource.ResourceSlice,
}


def read(group: str, kind: str, obj: dict[str, Any]) -> msgspec.Struct:
    """The struct of an object; DecodeError says by the path of a field what is wrong with its shape. Of kinds that nobody
    computes with it holds the metadata.
    """
    named = (group, kind)
    try:
        found = decode(_KINDS.get(named, core.Named), obj)
        return decode(_DRA[named], obj) if named in _DRA else found
    except RecursionError:
        raise DecodeError("is nested too deep") from None


def wrong_shape(group: str, kind: str, obj: dict[str, Any]) -> str | None:
    """What is wrong with an object's shape; None when nothing is."""
    try:
        read(group, kind, obj)
    except DecodeError as error:
        return str(error)
    return None
