"""The rules of the dynamic resources plugin: which claims a pod has, and whether they can be used."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container
from dataclasses import dataclass, field

from drakkar.api.core import Pod
from drakkar.api.object import Object, ObjectKey, Uid
from drakkar.api.pod_claims import NamelessClaimError, UnmadeClaimError, is_owned, pod_claims
from drakkar.api.resource import DecodeError, ResourceClaim, decode

from .stored_claim import StoredClaim


@dataclass(frozen=True)
class Blocked:
    """A reason that holds on every node."""

    reason: str
    expected: bool = False
    """True while the pod's claims are not there, or not its own: nobody looks for a node before that, and nothing is said."""
    ending: StoredClaim | None = None
    """The claim that is being deleted, where that is the reason."""


@dataclass(frozen=True)
class Wanted:
    """A claim, as it is stored and as it is computed with."""

    stored: StoredClaim
    struct: ResourceClaim

    @property
    def uid(self) -> Uid:
        """By which the books know it."""
        return self.stored.uid


@dataclass
class ClaimPlan:
    """The claims of a pod in pod order, apart by whether devices still have to be found. What is left of an attempt that ended
    between making a claim for extended resources and binding the pod stands in the way of the next one. Of those
    that are allocated some have devices that will never be ready.
    """

    allocated: list[Wanted] = field(default_factory=list)
    unallocated: list[Wanted] = field(default_factory=list)
    leftover: StoredClaim | None = None
    gave_up: list[Wanted] = field(default_factory=list)

    @property
    def claims(self) -> list[Wanted]:
        return [*self.allocated, *self.unallocated]


def resolve_claims(pod: Pod, claim_at: Callable[[ObjectKey], Object | None]) -> list[Wanted] | Blocked:
    """The claims of a pod in pod order, or why it has to wait for them."""
    claims: list[Wanted] = []
    namespace = pod.metadata.namespace
    try:
        for one in pod_claims(pod):
            if not one.entry:
                # What stands for extended resources is of an earlier attempt.
                continue
            obj = claim_at(ObjectKey(namespace, one.name))
            if obj is None:
                return Blocked(f'resourceclaim "{one.name}" not found', expected=True)
            claim, struct = StoredClaim(obj), decode(ResourceClaim, obj)
            if struct.metadata.deletion_timestamp:
                why = f'resourceclaim "{one.name}" is being deleted'
                return Blocked(why, expected=True, ending=claim)
            if one.own and not is_owned(struct.metadata, pod.metadata.uid):
                owner = f"{namespace}/{pod.metadata.name}"
                why = f"ResourceClaim {claim.label} was not created for pod {owner} (pod is not owner)"
                return Blocked(why, expected=True)
            claims.append(Wanted(claim, struct))
    except UnmadeClaimError as unmade:
        return Blocked(str(unmade), expected=True)
    except NamelessClaimError as nameless:
        return Blocked(str(nameless))
    except DecodeError as error:
        return Blocked(f'resourceclaim "{one.name}" cannot be read: {error}')
    return claims


def _class_problem(claim: Wanted, classes: Collection[str]) -> str | None:
    for request in claim.struct.spec.devices.requests:
        if request.exactly is not None:
            wanted = [(request.name, request.exactly.device_class_name)]
        elif request.first_available:
            wanted = [
                (f"{request.name}/{part.name}", part.device_class_name) for part in request.first_available
            ]
        else:
            return f"resource claim {claim.stored.label}, request {request.name}: unknown request type"
        for where, device_class in wanted:
            if device_class not in classes:
                return f"request {where}: device class {device_class} does not exist"
    return None


def pre_filter(
    pod: Pod,
    claim_at: Callable[[ObjectKey], Object | None],
    classes: Collection[str],
    in_flight: Collection[str],
    in_doubt: Container[str] = (),
    leftover: Object | None = None,
    gave_up: Callable[[StoredClaim], bool] = lambda _: False,
) -> ClaimPlan | Blocked:
    """What has to be allocated for the pod, or why no node can help at present.

    `in_flight` are the uids of claims that are being allocated, `in_doubt` of those whose last write was not answered;
    `leftover` is a claim that an earlier attempt made for the pod's extended resources; `gave_up` tells of a claim whether
    its devices will never be ready.
    """
    claims = resolve_claims(pod, claim_at)
    if isinstance(claims, Blocked):
        return claims
    plan = ClaimPlan(leftover=None if leftover is None else StoredClaim(leftover))
    for claim in claims:
        if claim.uid in in_doubt:
            return Blocked(
                f"resource claim {claim.stored.label}: waiting to be certain what became of a write to it"
            )
        if claim.struct.status.allocation is not None:
            plan.allocated.append(claim)
            if gave_up(claim.stored):
                plan.gave_up.append(claim)
            continue
        if claim.uid in in_flight:
            return Blocked(f"resource claim {claim.stored.label} is in the process of being allocated")
        problem = _class_problem(claim, classes)
        if problem is not None:
            return Blocked(problem)
        plan.unallocated.append(claim)
    return plan
