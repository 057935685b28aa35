"""What it means to change what stands in the way: the claims as they would be, and how that is told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import msgspec

from drakkar.api.resource import (
    CapacityRequirements,
    DeviceRequest,
    DeviceSubRequest,
    DeviceToleration,
    ExactDeviceRequest,
    ResourceClaim,
)
from drakkar.planner.why.obstacles import Obstacle, Rank

# How much is asked for where less would do: a count, or a quantity as it is written.
Amounts = Mapping[Obstacle, int | str]
What = ExactDeviceRequest | DeviceSubRequest


def _changed(what: What, about: Sequence[Obstacle], amounts: Amounts) -> What:
    dropped = {one.subject for one in about if one.rank is Rank.SELECTOR}
    selectors = tuple(s for index, s in enumerate(what.selectors) if index not in dropped)
    tolerations = list(what.tolerations)
    requests = dict(what.capacity.requests) if what.capacity is not None else {}
    count, mode = what.count, what.allocation_mode
    for one in about:
        match one.rank, one.subject:
            case Rank.TOLERATION, (str(key), str(value), str(effect)):
                tolerations.append(DeviceToleration(key=key, operator="Equal", value=value, effect=effect))
            case Rank.COUNT, _:
                count, mode = int(amounts[one]), "ExactCount"
            case Rank.CAPACITY, str(name):
                requests[name] = str(amounts[one])
            case Rank.CAPACITY_REQUEST, str(name):
                requests.pop(name, None)
    return msgspec.structs.replace(
        what,
        selectors=selectors,
        tolerations=tuple(tolerations),
        count=count,
        allocation_mode=mode,
        capacity=CapacityRequirements(requests=requests) if requests else None,
    )


def _request(request: DeviceRequest, about: Sequence[Obstacle], amounts: Amounts) -> DeviceRequest:
    def of(name: str) -> list[Obstacle]:
        return [one for one in about if one.request == name]

    exactly = request.exactly
    if exactly is not None:
        changed = _changed(exactly, of(request.name), amounts)
        return msgspec.structs.replace(request, exactly=changed)
    parts = tuple(
        _changed(part, of(f"{request.name}/{part.name}"), amounts) for part in request.first_available
    )
    return msgspec.structs.replace(request, first_available=parts)


def changed_claims(
    claims: Sequence[ResourceClaim], obstacles: Collection[Obstacle], amounts: Amounts
) -> list[ResourceClaim]:
    """The claims with these obstacles out of the way, as far as they are in the claims."""
    made = []
    for index, claim in enumerate(claims):
        about = [one for one in obstacles if one.claim == index]
        if not about:
            made.append(claim)
            continue
        left_out = {one.request for one in about if one.rank is Rank.REQUEST}
        dropped = {one.subject for one in about if one.rank is Rank.CONSTRAINT}
        devices = claim.spec.devices
        requests = tuple(_request(r, about, amounts) for r in devices.requests if r.name not in left_out)
        constraints = tuple(c for i, c in enumerate(devices.constraints) if i not in dropped)
        spec = msgspec.structs.replace(
            claim.spec,
            devices=msgspec.structs.replace(devices, requests=requests, constraints=constraints),
        )
        made.append(msgspec.structs.replace(claim, spec=spec))
    return made
