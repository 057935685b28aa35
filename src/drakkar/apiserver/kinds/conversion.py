"""Turns objects between the version that a client speaks and the one in which they are stored."""

from __future__ import annotations

from typing import Any

from drakkar.apiserver.kinds import conversion_devices, conversion_events
from drakkar.apiserver.kinds.kind import Kind

Object = dict[str, Any]


def stored(kind: Kind, target: Kind, obj: Object) -> Object:
    """The object in the version `target`, in which it is stored; it may share parts with the one given."""
    if kind.resource == "/events" and kind.group:
        obj = conversion_events.to_core(obj)
    elif kind.version == "v1beta1" and kind.group == "resource.k8s.io":
        obj = conversion_devices.from_v1beta1({**obj, "kind": target.kind})
    return {**obj, "kind": target.kind, "apiVersion": target.api_version}


def served(kind: Kind, obj: Object) -> Object:
    """The stored object in the client's version; it may share parts with the stored one, which stays as it is."""
    if kind.resource == "/events" and kind.group and obj.get("kind") == "Event":
        obj = conversion_events.from_core(obj)
    elif kind.version == "v1beta1" and kind.group == "resource.k8s.io":
        obj = conversion_devices.to_v1beta1(obj)
    if obj.get("apiVersion") == kind.api_version:
        return obj
    return {**obj, "apiVersion": kind.api_version}
