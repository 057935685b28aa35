"""Asks the allocator about one device and one request by themselves, so that every device gets its own answer.

A search stops when it has found enough, or when it cannot find enough any more, and says nothing of the devices it did
not come to. Here each device is alone in an inventory of its own: nothing but the device decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from drakkar.allocator import Allocated, DeviceKey, Failure, Inventory, Ledger, Node, Reporter, allocate
from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.requests import Ask
from drakkar.api.features import Features
from drakkar.api.meta import ObjectMeta
from drakkar.api.resource import (
    DeviceClaim,
    DeviceRequest,
    DeviceSubRequest,
    ExactDeviceRequest,
    ResourceClaim,
    ResourceClaimSpec,
    ResourceSlice,
)

_EXACT = "ExactCount"


class Part(NamedTuple):
    """A request of a claim, or one alternative of it; `name` is as results carry it."""

    claim: ResourceClaim
    name: str
    request: DeviceRequest
    what: ExactDeviceRequest | DeviceSubRequest

    @property
    def every(self) -> bool:
        """Whether it asks for all devices that are selected."""
        return self.what.allocation_mode == "All"


def parts(claim: ResourceClaim) -> Iterator[Part]:
    """The requests of a claim, alternatives apart, in order of preference."""
    for request in claim.spec.devices.requests:
        if request.exactly is not None:
            yield Part(claim, request.name, request, request.exactly)
        for part in request.first_available:
            yield Part(claim, f"{request.name}/{part.name}", request, part)


def _only(part: Part) -> ResourceClaim:
    """The claim with nothing in it but one device for one request, and the constraints that are about it."""
    what = msgspec.structs.replace(part.what, count=1, allocation_mode=_EXACT)
    if isinstance(what, DeviceSubRequest):
        request = msgspec.structs.replace(part.request, first_available=(what,))
    else:
        request = msgspec.structs.replace(part.request, exactly=what)
    names = (part.request.name, part.name)
    constraints = tuple(
        one
        for one in part.claim.spec.devices.constraints
        if not one.requests or any(name in names for name in one.requests)
    )
    devices = DeviceClaim(requests=(request,), constraints=constraints)
    return ResourceClaim(metadata=part.claim.metadata, spec=ResourceClaimSpec(devices=devices))


class _Last(Reporter):
    """Keeps the last word on the one device there is."""

    def __init__(self) -> None:
        self.why = ""

    def rejecting_device(self, ask: Ask, device: DeviceKey, why: str) -> None:
        self.why = why


class Verdict(NamedTuple):
    """Why a device does not do, in the allocator's words; `failed` when asking failed. Neither set: it does."""

    why: str = ""
    failed: bool = False


class Bench:
    """The devices of one node, to be asked about one by one; equal devices that are free are asked about once."""

    def __init__(self, inventory: Inventory, ledger: Ledger, node: Node, features: Features) -> None:
        self._inventory = inventory
        self._ledger = ledger
        self._node = node
        self._features = features
        self._beside: dict[tuple[str, str], list[ResourceSlice]] = {}
        self._kinds: dict[DeviceKey, bytes] = {}
        self._known: dict[tuple[str, str, str, bytes], Verdict] = {}

    def ask(self, part: Part, entry: DeviceEntry) -> Verdict:
        """Whether the device would do for the request if there were nothing else to choose."""
        metadata = part.claim.metadata
        key = (metadata.namespace, metadata.name, part.name, self._kind(entry))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._asked(part, entry)
        return found

    def _kind(self, entry: DeviceEntry) -> bytes:
        found = self._kinds.get(entry.key)
        if found is None:
            device = entry.device
            if not self._ledger.in_use(entry.key):
                device = msgspec.structs.replace(device, name="")
            spec = msgspec.structs.replace(entry.spec, devices=(), shared_counters=())
            found = msgspec.json.encode((device, spec, entry.taints))
            self._kinds[entry.key] = found
        return found

    def _asked(self, part: Part, entry: DeviceEntry) -> Verdict:
        inventory = Inventory()
        class_ = self._inventory.classes.get(part.what.device_class_name)
        if class_ is not None:
            inventory.set_class(class_)
        beside = self._beside_of(entry) if entry.device.consumes_counters else []
        pool = msgspec.structs.replace(entry.spec.pool, resource_slice_count=1 + len(beside))
        device = msgspec.structs.replace(entry.device, taints=entry.taints)
        spec = msgspec.structs.replace(entry.spec, pool=pool, devices=(device,), shared_counters=())
        inventory.set_slice(ResourceSlice(metadata=ObjectMeta(name="device"), spec=spec))
        for index, slice_ in enumerate(beside):
            others = tuple(other for other in slice_.spec.devices if other.name != device.name)
            inventory.set_slice(
                ResourceSlice(
                    metadata=ObjectMeta(name=f"beside {index}"),
                    spec=msgspec.structs.replace(slice_.spec, pool=pool, devices=others),
                )
            )
        last = _Last()
        outcome = allocate(
            inventory, self._ledger, [_only(part)], self._node, self._features, last, share_id=lambda: "probe"
        )
        if isinstance(outcome, Allocated):
            return Verdict()
        if isinstance(outcome, Failure):
            return Verdict(outcome.message, failed=True)
        return Verdict(last.why or "cannot be allocated")

    def _beside_of(self, entry: DeviceEntry) -> list[ResourceSlice]:
        """What else of a pool bears on a partition: its counters, and the devices that use them up."""
        key = (entry.key.driver, entry.key.pool)
        found = self._beside.get(key)
        if found is None:
            slices = [known.slice for known in self._inventory.of_pool(key)]
            newest = max((slice_.spec.pool.generation for slice_ in slices), default=0)
            found = []
            for slice_ in slices:
                spec = slice_.spec
                if spec.pool.generation != newest:
                    continue
                used = tuple(d for d in spec.devices if self._ledger.in_use(DeviceKey(*key, d.name)))
                if spec.shared_counters or used:
                    kept = msgspec.structs.replace(spec, devices=used)
                    found.append(ResourceSlice(metadata=slice_.metadata, spec=kept))
            self._beside[key] = found
        return found
