"""What claims ask for, checked and laid out for the search (dra-semantics 3.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from drakkar.allocator.outcome import RefusedError
from drakkar.allocator.rules.capacity import Amount
from drakkar.api.features import (
    ADMIN_ACCESS,
    CONSUMABLE_CAPACITY,
    DERIVED_ATTRIBUTES,
    PRIORITIZED_LIST,
    Features,
)
from drakkar.api.meta import ObjectMeta
from drakkar.api.quantity import Quantity, QuantityError
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


@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """One request, or one alternative of one. `name` is as results carry it: `request` or `request/alternative`.

    `index` counts through all claims of the call; `claim_index` is the claim's, `claim` its namespace and name.
    """

    index: int
    claim_index: int
    claim: str
    name: str
    own: str
    parent: str
    class_: DeviceClass
    # Every selector: the class's, then the request's own.
    expressions: tuple[str, ...]
    every: bool
    count: int
    admin: bool
    tolerations: tuple[DeviceToleration, ...]
    capacity: Mapping[str, Amount]
    derived: Mapping[str, str]
    # An ask of which one of these says that it cannot be met is told of, but never searched for.
    class_exists: bool = True
    capacity_fault: str = ""

    @property
    def request(self) -> str:
        """The name of the request, be it the ask itself or what it is an alternative of."""
        return self.parent or self.own

    @property
    def where(self) -> str:
        """How errors name it."""
        return f"claim {self.claim}, request {self.own}"

    def selector_of_class(self, number: int) -> bool:
        """Whether one of its selectors is the class's."""
        return number < len(self.class_.spec.selectors)

    def selector_number(self, number: int) -> int:
        """Which of the class's selectors, or of the request's own, one of its selectors is."""
        return number if self.selector_of_class(number) else number - len(self.class_.spec.selectors)

    def own_selector(self, number: int) -> str:
        """The expression of one of the request's own selectors."""
        return self.expressions[len(self.class_.spec.selectors) + number]

    def where_selector(self, number: int) -> str:
        """How errors name one of its selectors."""
        of = f"class {self.class_.metadata.name}" if self.selector_of_class(number) else f"claim {self.claim}"
        return f"{of}: selector #{self.selector_number(number)}"


@dataclass(frozen=True, slots=True, eq=False)
class Wish:
    """A request of a claim with its alternatives in order of preference; a plain request has one."""

    asks: tuple[Ask, ...]
    chosen_among: bool


@dataclass(frozen=True, slots=True, eq=False)
class ClaimPlan:
    """A claim that needs devices."""

    claim: ResourceClaim
    wishes: tuple[Wish, ...]
    constraints: tuple[DeviceConstraint, ...]

    @property
    def name(self) -> str:
        """`namespace/name`, as errors name it."""
        return f"{self.claim.metadata.namespace}/{self.claim.metadata.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """All claims of a call. With a `fault` they end before what is at fault, and there is nothing to search for.

    `broken` are the alternatives before the fault, of the request that has it.
    """

    claims: tuple[ClaimPlan, ...]
    asks: tuple[Ask, ...]
    fault: RefusedError | None = None
    broken: tuple[Ask, ...] = ()


class _Reading:
    """Reads the claims one after the other, as far as they make sense."""

    def __init__(self, classes: Mapping[str, DeviceClass], features: Features, capacity_known: bool) -> None:
        self._classes = classes
        self._features = features
        self._capacity_known = capacity_known
        self.claims: list[ClaimPlan] = []
        self.asks: list[Ask] = []
        self.wishes: list[Wish] = []
        # The alternatives of the request that is being read.
        self.open: list[Ask] = []

    def claim(self, claim: ResourceClaim) -> None:
        label = f"{claim.metadata.namespace}/{claim.metadata.name}"
        devices = claim.spec.devices
        self.wishes = []
        try:
            for request in devices.requests:
                self.wishes.append(self._wish(label, request))
            for index, constraint in enumerate(devices.constraints):
                distinct = constraint.distinct_attribute if self._capacity_known else None
                if not constraint.match_attribute and not distinct:
                    raise RefusedError(
                        f"claim {label}, constraint #{index}: empty constraint (unsupported constraint type?)"
                    )
        finally:
            self.claims.append(ClaimPlan(claim, tuple(self.wishes), devices.constraints))

    def _wish(self, label: str, request: DeviceRequest) -> Wish:
        where = f"claim {label}, request {request.name}"
        if request.first_available and PRIORITIZED_LIST not in self._features:
            raise RefusedError(f"{where}: has subrequests, but the DRAPrioritizedList feature is disabled")
        if CONSUMABLE_CAPACITY not in self._features and self._capacity_known:
            off = "has capacity requests, but the DRAConsumableCapacity feature is disabled"
            if request.exactly is not None and request.exactly.capacity is not None:
                raise RefusedError(f"{where}: {off}")
            for part in request.first_available:
                if part.capacity is not None:
                    raise RefusedError(f"claim {label}, subrequest {part.name}: {off}")
        if request.first_available:
            self.open = []
            for part in request.first_available:
                self.open.append(self._ask(label, part, part.name, request.name))
            asks, self.open = self.open, []
            return Wish(tuple(asks), chosen_among=True)
        if request.exactly is None:
            raise RefusedError(f"{where}: neither exactly nor firstAvailable is set")
        return Wish((self._ask(label, request.exactly, request.name, ""),), chosen_among=False)

    def _ask(self, label: str, part: ExactDeviceRequest | DeviceSubRequest, own: str, parent: str) -> Ask:
        where = f"claim {label}, request {own}"
        if part.derived_attributes and DERIVED_ATTRIBUTES not in self._features:
            raise RefusedError(
                f"{where}: cannot handle request with derived attributes, the feature is disabled"
            )
        for index, selector in enumerate(part.selectors):
            if selector.cel is None:
                raise RefusedError(
                    f"{where}, selector #{index}: CEL expression empty (unsupported selector type?)"
                )
        admin = part.admin_access if isinstance(part, ExactDeviceRequest) else None
        if admin is not None and ADMIN_ACCESS not in self._features:
            raise RefusedError(f"{where}: admin access is requested, but the feature is disabled")
        if not part.device_class_name:
            raise RefusedError(f"{where}: missing device class name (unsupported request type?)")
        class_ = self._classes.get(part.device_class_name)
        if class_ is None:
            missing = f'deviceclass.resource.k8s.io "{part.device_class_name}" not found'
            raise RefusedError(
                f"{where}: could not retrieve device class {part.device_class_name}: {missing}"
            )
        if part.allocation_mode not in (ALL, EXACT):
            raise RefusedError(f"{where}: unsupported count mode {part.allocation_mode}")
        if part.count < 0:
            raise RefusedError(f"{where}: the count is {part.count}")
        requests = _amounts_of(part) if self._capacity_known else {}
        try:
            capacity = {name: Amount.parse(text) for name, text in requests.items()}
        except QuantityError as error:
            raise RefusedError(f"{where}: capacity request: {error}") from None
        place = _Place(len(self.asks), len(self.claims), label, own, parent)
        ask = _ask(place, part, class_, capacity)
        self.asks.append(ask)
        return ask


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an ask stands in a call, and its names."""

    index: int
    claim_index: int
    claim: str
    own: str
    parent: str


def _ask(
    place: _Place,
    part: ExactDeviceRequest | DeviceSubRequest,
    class_: DeviceClass,
    capacity: dict[str, Amount],
) -> Ask:
    selectors = (*class_.spec.selectors, *part.selectors)
    return Ask(
        index=place.index,
        claim_index=place.claim_index,
        claim=place.claim,
        name=f"{place.parent}/{place.own}" if place.parent else place.own,
        own=place.own,
        parent=place.parent,
        class_=class_,
        expressions=tuple(one.cel.expression if one.cel is not None else "" for one in selectors),
        every=part.allocation_mode == ALL,
        count=part.count,
        admin=isinstance(part, ExactDeviceRequest) and bool(part.admin_access),
        tolerations=part.tolerations,
        capacity=capacity,
        derived={derived.name: derived.expression for derived in part.derived_attributes},
    )


def _amounts_of(part: ExactDeviceRequest | DeviceSubRequest) -> Mapping[str, str]:
    return part.capacity.requests if part.capacity is not None else {}


def as_written(claims: Sequence[ResourceClaim], classes: Mapping[str, DeviceClass]) -> tuple[Ask, ...]:
    """Every request and alternative of the claims, whether or not it makes sense; those of `plan` are the first of them."""
    found: list[Ask] = []
    for claim_index, claim in enumerate(claims):
        label = f"{claim.metadata.namespace}/{claim.metadata.name}"
        for request in claim.spec.devices.requests:
            parts: list[tuple[ExactDeviceRequest | DeviceSubRequest, str, str]] = [
                (part, part.name, request.name) for part in request.first_available
            ]
            if not parts and request.exactly is not None:
                parts.append((request.exactly, request.name, ""))
            for part, own, parent in parts:
                found.append(_as_written(part, _Place(len(found), claim_index, label, own, parent), classes))
    return tuple(found)


def _as_written(
    part: ExactDeviceRequest | DeviceSubRequest, place: _Place, classes: Mapping[str, DeviceClass]
) -> Ask:
    class_ = classes.get(part.device_class_name)
    capacity: dict[str, Amount] = {}
    fault = ""
    for name, text in _amounts_of(part).items():
        try:
            capacity[name] = Amount.parse(text)
        except QuantityError as error:
            capacity[name] = Amount(Quantity(0), text)
            fault = fault or str(error)
    known = class_ or DeviceClass(metadata=ObjectMeta(name=part.device_class_name))
    ask = _ask(place, part, known, capacity)
    return replace(ask, class_exists=class_ is not None, capacity_fault=fault)


def plan(
    claims: Sequence[ResourceClaim],
    classes: Mapping[str, DeviceClass],
    features: Features,
    capacity_known: bool = True,
) -> Plan:
    """The claims laid out in order, up to the first fault, whatever else might fit.

    Without `capacity_known` capacities are passed over, as upstream's oldest allocator does.
    """
    reading = _Reading(classes, features, capacity_known)
    fault = None
    for claim in claims:
        try:
            reading.claim(claim)
        except RefusedError as refused:
            fault = refused
            break
    return Plan(tuple(reading.claims), tuple(reading.asks), fault, tuple(reading.open))
