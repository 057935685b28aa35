"""From a ResourceClaim as it is stored to what one driver has to do with it: its devices, each with its configs."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from drakkar.api.meta import ObjectMeta
from drakkar.api.object import ObjectView
from drakkar.api.resource import (
    AllocationResult,
    DecodeError,
    DeviceAllocationConfiguration,
    decode,
)
from drakkar.driver.allocation import fingerprint
from drakkar.driver.errors import ClaimError, ConfigError
from drakkar.driver.types import AllocatedClaim, AllocatedDevice

# From the lowest precedence to the highest.
_SOURCES = ("FromClass", "FromClaim")


class _Status(msgspec.Struct, frozen=True):
    allocation: AllocationResult | None = None


class _Claim(msgspec.Struct, frozen=True):
    """What of a claim a driver is told; a spec that cannot be read keeps no allocated device from being prepared."""

    metadata: ObjectMeta = ObjectMeta()
    status: _Status = _Status()


def read_claim(driver: str, claim: ObjectView) -> AllocatedClaim | None:
    """What the claim has of the driver, None while it has no allocation.

    ClaimError for an object that has not the shape of a claim, ConfigError for a config from no known source, or of another
    kind than opaque: it may be for this driver, which cannot do what it does not know. (dra-semantics 8.1.4, 4.1.5)
    """
    try:
        found = decode(_Claim, claim)
        if found.status.allocation is None:
            return None
        allocation = fingerprint(claim["status"]["allocation"])
    except (DecodeError, RecursionError) as error:
        raise ClaimError(f"the claim cannot be read: {error}") from error
    devices = found.status.allocation.devices
    configs = _of_driver(driver, devices.config)
    return AllocatedClaim(
        namespace=found.metadata.namespace,
        name=found.metadata.name,
        uid=found.metadata.uid,
        devices=tuple(
            AllocatedDevice(result, tuple(one for one in configs if _holds(one, result.request)))
            for result in devices.results
            if result.driver == driver
        ),
        configs=configs,
        allocation=allocation,
        raw=claim,
    )


def _of_driver(
    driver: str, entries: Sequence[DeviceAllocationConfiguration]
) -> tuple[DeviceAllocationConfiguration, ...]:
    """The driver's own, lowest precedence first: the claim's beat those of classes, and a later one an earlier one."""
    by_source: dict[str, list[DeviceAllocationConfiguration]] = {source: [] for source in _SOURCES}
    for entry in entries:
        if entry.source not in by_source:
            raise ConfigError(f"invalid config source: {entry.source}")
        if entry.opaque is None:
            raise ConfigError("only opaque parameters are supported by this driver")
        if entry.opaque.driver == driver:
            by_source[entry.source].append(entry)
    return tuple(entry for source in _SOURCES for entry in by_source[source])


def _holds(config: DeviceAllocationConfiguration, request: str) -> bool:
    """Without names it holds for all requests; the name of a request holds for each of its subrequests, too."""
    names = config.requests
    return not names or request in names or request.partition("/")[0] in names
