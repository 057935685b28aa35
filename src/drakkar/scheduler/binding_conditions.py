"""Devices that are made ready before a pod is bound to them: what they say of it, and how long that may take (KEP-5007,
dra-semantics 5.8.4). Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from drakkar.api.held_devices import held_devices
from drakkar.api.object import Object
from drakkar.api.resource import DeviceRequestAllocationResult

from .stored_claim import StoredClaim

GATES = frozenset({"DRADeviceBindingConditions", "DRAResourceClaimDeviceStatus"})
# Upstream's default of the plugin's argument bindingTimeout.
SECONDS = 600.0


class NotReadyError(Exception):
    """The devices cannot be bound to: one failed, or it took too long."""


class BindingConditions(NamedTuple):
    """`on`, whether anybody looks at them; `seconds`, how long a claim's devices may take."""

    on: bool = True
    seconds: float = SECONDS

    def matter_for(self, claim: StoredClaim) -> bool:
        """Whether any of the claim's devices has some."""
        return self.on and next(_asked(claim), None) is not None

    def ready(self, claim: StoredClaim, now: datetime) -> bool:
        """Whether all devices can be bound to; NotReadyError where they will not be."""
        if not self.on or _ready(claim):
            return True
        left = self.left(claim, now)
        if left is not None and left < 0:
            raise NotReadyError(f"device binding timeout: claim={claim.key.name}")
        return False

    def gave_up(self, claim: StoredClaim, now: datetime) -> bool:
        """Whether the claim has devices that will not be ready, so that others should be found."""
        try:
            self.ready(claim, now)
        except NotReadyError:
            return True
        return False

    def left(self, claim: StoredClaim, now: datetime) -> float | None:
        """Seconds until it has taken too long, negative where it has; None where nobody counts."""
        if not self.matter_for(claim) or claim.allocated_at is None:
            return None
        return self.seconds - (now - claim.allocated_at).total_seconds()


def _asked(claim: StoredClaim) -> Iterator[DeviceRequestAllocationResult]:
    held = held_devices(claim.obj)
    return (one for one in (() if held is None else held.devices.results) if one.binding_conditions)


def _ready(claim: StoredClaim) -> bool:
    for result in _asked(claim):
        conditions = _conditions(claim, result)
        if conditions is None:
            return False
        for name in result.binding_failure_conditions:
            told = conditions.get(name, {})
            if told.get("status") == "True":
                raise NotReadyError(
                    f"device binding failed: claim={claim.key.name}, reason={told.get('reason') or ''},"
                    f' message="{told.get("message") or ""}"'
                )
        if any(conditions.get(name, {}).get("status") != "True" for name in result.binding_conditions):
            return False
    return True


def _conditions(claim: StoredClaim, result: DeviceRequestAllocationResult) -> dict[str, Object] | None:
    """What the driver says of the device, by type; None where it says nothing."""
    for device in claim.devices:
        if all(device.get(part) == getattr(result, part) for part in ("driver", "pool", "device")):
            told = [one for one in device.get("conditions") or [] if isinstance(one, dict)]
            return {str(one.get("type")): one for one in reversed(told)}
    return None


def utc_now() -> datetime:
    """The moment, as claims have it."""
    return datetime.now(UTC)
