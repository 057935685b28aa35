"""The devices that a claim holds, however much of the claim can be read: what is in use stays in use."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.api.resource import (
    AllocationResult,
    DecodeError,
    DeviceAllocationResult,
    DeviceRequestAllocationResult,
    decode,
)


def held_devices(claim: Object) -> AllocationResult | None:
    """The allocation of a claim that may not be readable as a whole; None where nobody can tell that it has one.

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
