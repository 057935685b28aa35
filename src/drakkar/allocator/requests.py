"""What claims ask for, checked and laid out for the search (dra-semantics 3.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from drakkar.allocator.outcome import Refused
from drakkar.api.features import (
    ADMIN_ACCESS,
    CONSUMABLE_CAPACITY,
    DERIVED_ATTRIBUTES,
    PRIORITIZED_LIST,
    Features,
)
from drakkar.api.quantity import Quantity
from drakkar.api.resource import (
    DeviceClass,
    DeviceConstraint,
    DeviceRequest,
    DeviceSubRequest,
    DeviceToleration,
    ExactDeviceRequest,
    ResourceClaim,
)

CLAIM_LIMIT = 32
ALL, EXACT = "All", "ExactCount"


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, or one alternative of one. `name` is as results carry it: `request` or `request/alternative`."""

    claim: str
    name: str
    own: str
    parent: str
    class_: DeviceClass
    selectors: tuple[str, ...]
    every: bool
    count: int
    admin: bool
    tolerations: tuple[DeviceToleration, ...]
    capacity: Mapping[str, Quantity]


@dataclass(frozen=True, slots=True)
class Wish:
    """A request of a claim with its alternatives in order of preference; a plain request has one."""

    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True)
class ClaimPlan:
    """A claim that needs devices."""

    claim: ResourceClaim
    wishes: tuple[Wish, ...]
    constraints: tuple[DeviceConstraint, ...]

    @property
    def name(self) -> str:
        """`namespace/name`, as errors name it."""
        return f"{self.claim.metadata.namespace}/{self.claim.metadata.name}"


def _ask(
    claim: str,
    part: ExactDeviceRequest | DeviceSubRequest,
    own: str,
    parent: str,
    classes: Mapping[str, DeviceClass],
    features: Features,
) -> Ask:
    where = f"claim {claim}, request {own}"
    if part.derived_attributes:
        if DERIVED_ATTRIBUTES not in features:
            raise Refused(f"{where}: cannot handle request with derived attributes, the feature is disabled")
        raise Refused(f"{where}: derived attributes are not supported")
    expressions: list[str] = []
    for index, selector in enumerate(part.selectors):
        if selector.cel is None:
            raise Refused(f"{where}, selector #{index}: CEL expression empty (unsupported selector type?)")
        expressions.append(selector.cel.expression)
    admin = part.admin_access if isinstance(part, ExactDeviceRequest) else None
    if admin is not None and ADMIN_ACCESS not in features:
        raise Refused(f"{where}: admin access is requested, but the feature is disabled")
    if not part.device_class_name:
        raise Refused(f"{where}: missing device class name (unsupported request type?)")
    class_ = classes.get(part.device_class_name)
    if class_ is None:
        missing = f'deviceclass.resource.k8s.io "{part.device_class_name}" not found'
        raise Refused(f"{where}: could not retrieve device class {part.device_class_name}: {missing}")
    if part.allocation_mode not in (ALL, EXACT):
        raise Refused(f"{where}: unsupported count mode {part.allocation_mode}")
    if part.count < 0:
        raise Refused(f"{where}: the count is {part.count}")
    requests = part.capacity.requests if part.capacity is not None else {}
    return Ask(
        claim=claim,
        name=f"{parent}/{own}" if parent else own,
        own=own,
        parent=parent,
        class_=class_,
        selectors=tuple(expressions),
        every=part.allocation_mode == ALL,
        count=part.count,
        admin=bool(admin),
        tolerations=part.tolerations,
        capacity={name: Quantity.parse(text) for name, text in requests.items()},
    )


def _wish(claim: str, request: DeviceRequest, classes: Mapping[str, DeviceClass], features: Features) -> Wish:
    where = f"claim {claim}, request {request.name}"
    if request.first_available and PRIORITIZED_LIST not in features:
        raise Refused(f"{where}: has subrequests, but the DRAPrioritizedList feature is disabled")
    if CONSUMABLE_CAPACITY not in features:
        if request.exactly is not None and request.exactly.capacity is not None:
            raise Refused(
                f"{where}: has capacity requests, but the DRAConsumableCapacity feature is disabled"
            )
        for part in request.first_available:
            if part.capacity is not None:
                raise Refused(
                    f"claim {claim}, subrequest {part.name}: has capacity requests,"
                    " but the DRAConsumableCapacity feature is disabled"
                )
    if request.first_available:
        asks = [
            _ask(claim, part, part.name, request.name, classes, features) for part in request.first_available
        ]
        return Wish(tuple(asks))
    if request.exactly is None:
        raise Refused(f"{where}: neither exactly nor firstAvailable is set")
    return Wish((_ask(claim, request.exactly, request.name, "", classes, features),))


def plan(
    claims: Sequence[ResourceClaim], classes: Mapping[str, DeviceClass], features: Features
) -> list[ClaimPlan]:
    """The claims laid out in order; Refused at the first fault, whatever else might fit."""
    plans: list[ClaimPlan] = []
    for claim in claims:
        name = f"{claim.metadata.namespace}/{claim.metadata.name}"
        devices = claim.spec.devices
        wishes: list[Wish] = []
        for request in devices.requests:
            wishes.append(_wish(name, request, classes, features))
        for index, constraint in enumerate(devices.constraints):
            if not constraint.match_attribute and not constraint.distinct_attribute:
                raise Refused(
                    f"claim {name}, constraint #{index}: empty constraint (unsupported constraint type?)"
                )
        plans.append(ClaimPlan(claim, tuple(wishes), devices.constraints))
    return plans
