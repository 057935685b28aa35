"""A claim that has devices, as a driver is given it."""

from __future__ import annotations

from typing import Any

from drakkar.driver import AllocatedClaim
from drakkar.driver.claim_reading import read_claim


def entry(source: str, parameters: Any, requests: tuple[str, ...] = (), driver: str = "d") -> dict[str, Any]:
    """A config of an allocation."""
    opaque = {"driver": driver, "parameters": parameters}
    return {"source": source, "requests": list(requests), "opaque": opaque}


def result(request: str, device: str = "gpu-0", driver: str = "d", **more: Any) -> dict[str, Any]:
    """A device of an allocation."""
    return {"request": request, "driver": driver, "pool": "n", "device": device, **more}


def stored(results: list[Any], config: list[Any], **metadata: Any) -> dict[str, Any]:
    """The claim as it is stored."""
    named = {"namespace": "ns", "name": "claim", "uid": "u1", **metadata}
    devices = {"results": results, "config": config}
    return {"metadata": named, "spec": {}, "status": {"allocation": {"devices": devices}}}


def allocated(results: list[Any], config: list[Any]) -> AllocatedClaim:
    """The claim as driver d gets it."""
    found = read_claim("d", stored(results, config))
    assert found is not None
    return found
