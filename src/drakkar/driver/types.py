"""What a driver author sees: claims in, prepared devices or an error out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol


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
class PrepareResult:
    """Devices of one claim, or why they could not be prepared."""

    devices: tuple[Device, ...] = ()
    error: str | None = None


class Driver(Protocol):
    """What a driver implements. Both calls may be repeated for the same claim and must then agree."""

    async def prepare(self, claims: Sequence[Mapping[str, Any]]) -> dict[str, PrepareResult]:
        """Prepare whole ResourceClaim objects; results by claim UID."""
        ...

    async def unprepare(self, claims: Sequence[ClaimRef]) -> dict[str, str | None]:
        """Undo prepare; an error text or None by claim UID."""
        ...
