"""What of a claim's allocation its devices are prepared by, so that those of an earlier one are told apart."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

# A device, by its pool and its name.
DeviceKey = tuple[str, str]

# Fields that a later release may add to what is stored do not make an allocation another one.
_OF_RESULT = ("driver", "pool", "device", "request", "shareID", "adminAccess", "consumedCapacity")


def fingerprint(allocation: Mapping[str, Any]) -> str:
    """Of a claim's `status.allocation`. An allocation never changes, so another one was made after the claim was freed: by then
    its devices may be somebody else's.
    """
    devices = allocation.get("devices") or {}
    results = [{key: result.get(key) for key in _OF_RESULT} for result in devices.get("results") or ()]
    told = [results, devices.get("config") or [], allocation.get("allocationTimestamp")]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def devices_of(allocation: Mapping[str, Any]) -> frozenset[DeviceKey]:
    """All devices of a claim's `status.allocation`, whose driver ever they are."""
    results = (allocation.get("devices") or {}).get("results") or ()
    return frozenset((str(result["pool"]), str(result["device"])) for result in results)
