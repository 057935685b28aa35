"""What of an object that is left out still counts: the devices that a claim has, the room that a pod takes on its node."""

from __future__ import annotations

from drakkar.api.resource import (
    AllocationResult,
    DecodeError,
    DeviceAllocationResult,
    DeviceRequestAllocationResult,
    decode,
)
from drakkar.planner.nodefit import Amounts, pod_requests
from drakkar.planner.source import Object


def allocation_of(claim: Object) -> AllocationResult | None:
    """The allocation of a claim that cannot be read as a whole; None where nobody can tell that it has one.

    Of a device of which but the names can be read, the claim has all.
    """
    status = claim.get("status")
    allocation = status.get("allocation") if isinstance(status, dict) else None
    if not isinstance(allocation, dict):
        return None
    try:
        return decode(AllocationResult, allocation)
    except (DecodeError, RecursionError):
        devices = allocation.get("devices")
    results = devices.get("results") if isinstance(devices, dict) else None
    found = [_result(one) for one in results if isinstance(one, dict)] if isinstance(results, list) else []
    kept = tuple(one for one in found if one is not None)
    return AllocationResult(devices=DeviceAllocationResult(results=kept)) if kept else None


def _result(given: Object) -> DeviceRequestAllocationResult | None:
    if given.get("adminAccess") is True:
        return None
    driver, pool, device = (given.get(part) for part in ("driver", "pool", "device"))
    if not (isinstance(driver, str) and isinstance(pool, str) and isinstance(device, str)):
        return None
    return DeviceRequestAllocationResult(request="", driver=driver, pool=pool, device=device)


def place_of(pod: Object) -> tuple[str, Amounts] | None:
    """The node of a pod that cannot be read as a whole, and what can be told of what it takes there."""
    spec, status = pod.get("spec"), pod.get("status")
    node = spec.get("nodeName") if isinstance(spec, dict) else None
    if not isinstance(node, str) or not node:
        return None
    if isinstance(status, dict) and status.get("phase") in ("Succeeded", "Failed"):
        return None
    try:
        return node, pod_requests(pod)
    except Exception:
        # Whatever it is that cannot be read, the pod takes a place all the same.
        return node, {}
