"""The requests of a claim, alternatives apart: what a device is good for is asked of each of them by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from drakkar.api.resource import (
    CELDeviceSelector,
    DeviceConstraint,
    DeviceRequest,
    DeviceSelector,
    DeviceSubRequest,
    ExactDeviceRequest,
    ResourceClaim,
)

ALL = "All"


class Part(NamedTuple):
    """A request of a claim, or one alternative of it; `name` is as results carry it.

    `claim_index` is the claim's among those that are explained together.
    """

    claim_index: int
    claim: ResourceClaim
    name: str
    request: DeviceRequest
    what: ExactDeviceRequest | DeviceSubRequest

    @property
    def every(self) -> bool:
        """Whether it asks for all devices that are selected."""
        return self.what.allocation_mode == ALL

    @property
    def admin(self) -> bool:
        """Whether it asks for admin access, which is in nobody's way and nobody in its."""
        return isinstance(self.what, ExactDeviceRequest) and bool(self.what.admin_access)

    @property
    def capacity(self) -> dict[str, str]:
        """The capacities that it asks for."""
        return self.what.capacity.requests if self.what.capacity is not None else {}

    def constraints(self) -> Iterator[tuple[int, DeviceConstraint]]:
        """The constraints of the claim that are about it, with their positions."""
        names = (self.request.name, self.name)
        for index, one in enumerate(self.claim.spec.devices.constraints):
            if not one.requests or any(name in names for name in one.requests):
                yield index, one


def parts(claims: Sequence[ResourceClaim]) -> list[Part]:
    """All requests of the claims, alternatives in order of preference."""
    found = []
    for index, claim in enumerate(claims):
        for request in claim.spec.devices.requests:
            if request.exactly is not None:
                found.append(Part(index, claim, request.name, request, request.exactly))
            for one in request.first_available:
                found.append(Part(index, claim, f"{request.name}/{one.name}", request, one))
    return found


def label(claim: ResourceClaim) -> str:
    """`namespace/name`."""
    return f"{claim.metadata.namespace}/{claim.metadata.name}"


def expression(selector: DeviceSelector) -> str:
    """What a selector says; nothing where it is none."""
    cel: CELDeviceSelector | None = selector.cel
    return cel.expression if cel is not None else ""
