"""The DRA kinds as resource.k8s.io/v1beta1 writes them, and back (dra-semantics 1.11)."""

from __future__ import annotations

from collections.abc import Callable

from drakkar.api.object import Object

# What v1beta1 writes into a request itself, and v1 into its `exactly`.
_EXACTLY = (
    "deviceClassName",
    "selectors",
    "allocationMode",
    "count",
    "adminAccess",
    "tolerations",
    "capacity",
    "derivedAttributes",
)


def _nested(request: Object) -> Object:
    exactly = {field: request[field] for field in _EXACTLY if request.get(field)}
    rest = {field: value for field, value in request.items() if field not in _EXACTLY}
    return {**rest, "exactly": exactly} if exactly else rest


def _flat(request: Object) -> Object:
    rest = {field: value for field, value in request.items() if field != "exactly"}
    return {**rest, **(request.get("exactly") or {})}


def _boxed(device: Object) -> Object:
    return {"name": device.get("name", ""), "basic": {k: v for k, v in device.items() if k != "name"}}


def _unboxed(device: Object) -> Object:
    rest = {field: value for field, value in device.items() if field != "basic"}
    return {**rest, **(device.get("basic") or {})}


def _claim_spec(spec: Object, request: Callable[[Object], Object]) -> Object:
    devices = spec.get("devices") or {}
    if not devices.get("requests"):
        return spec
    return {**spec, "devices": {**devices, "requests": [request(one) for one in devices["requests"]]}}


def _converted(
    obj: Object, request: Callable[[Object], Object], device: Callable[[Object], Object]
) -> Object:
    spec = obj.get("spec")
    if not isinstance(spec, dict):
        return obj
    match obj.get("kind"):
        case "ResourceClaim":
            return {**obj, "spec": _claim_spec(spec, request)}
        case "ResourceClaimTemplate":
            return {**obj, "spec": {**spec, "spec": _claim_spec(spec.get("spec") or {}, request)}}
        case "ResourceSlice" if spec.get("devices"):
            return {**obj, "spec": {**spec, "devices": [device(one) for one in spec["devices"]]}}
    return obj


def _slice_stored(obj: Object) -> Object:
    # In v1beta1 these two are no pointers: their zero values mean that they are not set.
    spec = obj.get("spec")
    if obj.get("kind") != "ResourceSlice" or not isinstance(spec, dict):
        return obj
    zero = {"nodeName": "", "allNodes": False}
    return {**obj, "spec": {k: v for k, v in spec.items() if k not in zero or v != zero[k]}}


def from_v1beta1(obj: Object) -> Object:
    """The object as v1 writes it, with what `kind` says left as it is."""
    return _slice_stored(_converted(obj, _nested, _unboxed))


def to_v1beta1(obj: Object) -> Object:
    """The v1 object as v1beta1 writes it."""
    return _converted(obj, _flat, _boxed)
