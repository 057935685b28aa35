"""What a driver author sees: allocated claims in, prepared devices or an error out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from drakkar.api.object import ObjectView
from drakkar.api.resource import DeviceAllocationConfiguration, DeviceRequestAllocationResult


class ClaimRef(NamedTuple):
    """All that is known of a claim when it is unprepared; the object itself may be gone."""

    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class Device:
    """One prepared device, with the CDI ids a container runtime needs for it."""

    requests: tuple[str, ...]
    pool_name: str
    device_name: str
    cdi_device_ids: tuple[str, ...] = ()
    share_id: str | None = None


@dataclass(frozen=True, slots=True)
class AllocatedDevice:
    """One device of the driver that a claim has, as its allocation says it, and the driver's configs that hold for it.

    `configs` have the lowest precedence first: a driver that takes one of them takes the last.
    """

    result: DeviceRequestAllocationResult
    configs: tuple[DeviceAllocationConfiguration, ...] = ()

    def prepared(self, *cdi_device_ids: str) -> Device:
        """The answer to its preparation."""
        result = self.result
        return Device((result.request,), result.pool, result.device, cdi_device_ids, result.share_id)


@dataclass(frozen=True, slots=True)
class AllocatedClaim:
    """What a claim has of one driver; a claim may have devices of other drivers, too, which are only in `raw`.

    `configs` are all that the allocation has for the driver, also those that hold for none of its devices, the lowest
    precedence first. `allocation` is another text for another allocation of the same claim (`driver.allocation`). `raw` is
    the whole ResourceClaim as it was read, which nobody may change.
    """

    namespace: str
    name: str
    uid: str
    devices: tuple[AllocatedDevice, ...]
    configs: tuple[DeviceAllocationConfiguration, ...]
    allocation: str
    raw: ObjectView


@dataclass(frozen=True, slots=True)
class PrepareResult:
    """Devices of one claim, or why they could not be prepared."""

    devices: tuple[Device, ...] = ()
    error: str | None = None


class Driver(Protocol):
    """What a driver implements. Both calls may be repeated for the same claim and must then agree."""

    async def prepare(self, claims: Sequence[AllocatedClaim]) -> dict[str, PrepareResult]:
        """Prepare the driver's devices of the claims; results by claim UID."""
        ...

    async def unprepare(self, claims: Sequence[ClaimRef]) -> dict[str, str | None]:
        """Undo prepare; an error text or None by claim UID."""
        ...
