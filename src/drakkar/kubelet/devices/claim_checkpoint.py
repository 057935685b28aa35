"""What the kubelet remembers of prepared claims, in memory and in the file dra_manager_state."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from drakkar.api.object import ObjectKey, Uid
from drakkar.driver.allocation import DeviceKey
from drakkar.driver.checkpoint import Checkpoint

FILE_NAME = "dra_manager_state"


class OwnedKey(NamedTuple):
    """A device."""

    driver: str
    pool: str
    device: str


@dataclass(frozen=True, slots=True)
class PreparedDevice:
    """A device as its driver answered it."""

    pool: str
    device: str
    requests: tuple[str, ...]
    cdi_ids: tuple[str, ...]
    share_id: str | None = None


@dataclass(slots=True)
class ClaimInfo:
    """One claim on this node; the three flags are not kept over a restart. `allocation` is the fingerprint of the one that it is
    prepared by; "" where an earlier release has noted the claim.
    """

    uid: Uid
    name: str
    namespace: str
    pods: set[Uid] = field(default_factory=set)
    drivers: dict[str, list[PreparedDevice]] = field(default_factory=dict)
    skip: dict[str, list[str]] = field(default_factory=dict)
    allocation: str = ""
    # Of its devices, those that no other claim may have at the same time.
    alone: frozenset[OwnedKey] = frozenset()
    prepared: bool = False
    unpreparing: bool = False
    # No container can have its devices yet.
    fresh: bool = False

    @property
    def key(self) -> ObjectKey:
        """What names the claim."""
        return ObjectKey(self.namespace, self.name)

    def is_of(self, allocation: str, devices: frozenset[DeviceKey]) -> bool:
        """Is this the allocation, with these devices, that the claim is prepared by?"""
        if self.allocation:
            return self.allocation == allocation
        known = {(device.pool, device.device) for prepared in self.drivers.values() for device in prepared}
        return known <= devices

    def to_json(self) -> dict[str, Any]:
        return {
            "uid": self.uid,
            "name": self.name,
            "namespace": self.namespace,
            "pods": sorted(self.pods),
            "drivers": {
                driver: [[d.pool, d.device, list(d.requests), list(d.cdi_ids), d.share_id] for d in devices]
                for driver, devices in self.drivers.items()
            },
            "skip": self.skip,
            "allocation": self.allocation,
            "alone": sorted(self.alone),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ClaimInfo:
        drivers = {
            driver: [PreparedDevice(d[0], d[1], tuple(d[2]), tuple(d[3]), d[4]) for d in devices]
            for driver, devices in data["drivers"].items()
        }
        return cls(
            data["uid"],
            data["name"],
            data["namespace"],
            set(data["pods"]),
            drivers,
            dict(data.get("skip", {})),
            data.get("allocation", ""),
            frozenset(OwnedKey(*key) for key in data.get("alone", ())),
        )


class ClaimCache:
    """Claims, with the file behind them."""

    def __init__(self, directory: Path) -> None:
        self._checkpoint = Checkpoint(directory / FILE_NAME)
        entries = [ClaimInfo.from_json(item) for item in self._checkpoint.load() or ()]
        self.claims = {entry.key: entry for entry in entries}

    def save(self) -> None:
        self._checkpoint.store([self.claims[key].to_json() for key in sorted(self.claims)])
