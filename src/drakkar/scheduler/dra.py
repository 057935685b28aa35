"""The rules of the dynamic resources plugin: which claims a pod has, and whether they can be used."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass, field
from typing import Any

from .affinity import term_matches

Object = dict[str, Any]
Key = tuple[str, str]


@dataclass(frozen=True)
class Blocked:
    """A reason that holds on every node."""

    reason: str
    expected: bool = False
    """True while another part is still at work, such as the controller that makes claims from templates."""


@dataclass
class ClaimPlan:
    """The claims of a pod in pod order, apart by whether devices still have to be found."""

    allocated: list[Object] = field(default_factory=list)
    unallocated: list[Object] = field(default_factory=list)

    @property
    def claims(self) -> list[Object]:
        return [*self.allocated, *self.unallocated]


def allocation_of(claim: Mapping[str, Any]) -> Object | None:
    """The stored allocation of a claim, if it has one."""
    found: Object | None = (claim.get("status") or {}).get("allocation")
    return found


def label(claim: Mapping[str, Any]) -> str:
    return f"{claim['metadata'].get('namespace', '')}/{claim['metadata']['name']}"


def reserved_for(claim: Mapping[str, Any], pod: Mapping[str, Any]) -> bool:
    """Whether the pod's UID is among the consumers of the claim."""
    entries = (claim.get("status") or {}).get("reservedFor") or []
    return any(entry.get("uid") == pod["metadata"].get("uid") for entry in entries)


def claim_names(pod: Mapping[str, Any]) -> list[tuple[str, bool]] | Blocked:
    """The names of the pod's claims, each with whether the pod must own it."""
    statuses = {s.get("name"): s for s in (pod.get("status") or {}).get("resourceClaimStatuses") or []}
    names: list[tuple[str, bool]] = []
    for entry in (pod.get("spec") or {}).get("resourceClaims") or []:
        if entry.get("resourceClaimName"):
            names.append((entry["resourceClaimName"], False))
        elif entry.get("resourceClaimTemplateName"):
            status = statuses.get(entry["name"])
            if status is None:
                where = f"{pod['metadata'].get('namespace', '')}/{pod['metadata']['name']}"
                return Blocked(f'pod "{where}": ResourceClaim not created yet', expected=True)
            # A status without a name says that this entry needs no claim.
            if status.get("resourceClaimName"):
                names.append((status["resourceClaimName"], True))
        else:
            return Blocked(f'pod claim "{entry.get("name", "")}": neither a claim nor a template is named')
    return names


def _owned_by(claim: Mapping[str, Any], pod: Mapping[str, Any]) -> bool:
    return any(
        ref.get("controller") and ref.get("uid") == pod["metadata"].get("uid")
        for ref in claim["metadata"].get("ownerReferences") or []
    )


def resolve_claims(
    pod: Mapping[str, Any], claim_at: Callable[[Key], Object | None]
) -> list[Object] | Blocked:
    """The claims of a pod in pod order, or why it has to wait for them."""
    names = claim_names(pod)
    if isinstance(names, Blocked):
        return names
    namespace = pod["metadata"].get("namespace", "")
    claims: list[Object] = []
    for name, must_own in names:
        claim = claim_at((namespace, name))
        if claim is None:
            return Blocked(f'resourceclaim "{name}" not found', expected=must_own)
        if claim["metadata"].get("deletionTimestamp"):
            return Blocked(f'resourceclaim "{name}" is being deleted')
        if must_own and not _owned_by(claim, pod):
            owner = f"{namespace}/{pod['metadata']['name']}"
            return Blocked(f"ResourceClaim {label(claim)} was not created for pod {owner} (pod is not owner)")
        claims.append(claim)
    return claims


def _class_problem(claim: Mapping[str, Any], classes: Collection[str]) -> str | None:
    for request in ((claim.get("spec") or {}).get("devices") or {}).get("requests") or []:
        name = request.get("name", "")
        if request.get("exactly"):
            wanted = [(name, request["exactly"].get("deviceClassName", ""))]
        elif request.get("firstAvailable"):
            wanted = [
                (f"{name}/{s.get('name', '')}", s.get("deviceClassName", ""))
                for s in request["firstAvailable"]
            ]
        else:
            return f"resource claim {label(claim)}, request {name}: unknown request type"
        for where, device_class in wanted:
            if device_class not in classes:
                return f"request {where}: device class {device_class} does not exist"
    return None


def pre_filter(
    pod: Mapping[str, Any],
    claim_at: Callable[[Key], Object | None],
    classes: Collection[str],
    in_flight: Collection[str],
    in_doubt: Container[str] = (),
) -> ClaimPlan | Blocked:
    """What has to be allocated for the pod, or why no node can help at present.

    `in_flight` are the uids of claims that are being allocated, `in_doubt` of those whose last write was not answered.
    """
    claims = resolve_claims(pod, claim_at)
    if isinstance(claims, Blocked):
        return claims
    plan = ClaimPlan()
    for claim in claims:
        if claim["metadata"].get("uid") in in_doubt:
            return Blocked(
                f"resource claim {label(claim)}: waiting to be certain what became of a write to it"
            )
        if allocation_of(claim) is not None:
            plan.allocated.append(claim)
            continue
        if claim["metadata"].get("uid") in in_flight:
            return Blocked(f"resource claim {label(claim)} is in the process of being allocated")
        problem = _class_problem(claim, classes)
        if problem is not None:
            return Blocked(problem)
        plan.unallocated.append(claim)
    return plan


def unavailable_claims(plan: ClaimPlan, node: Mapping[str, Any]) -> list[Object]:
    """The allocated claims whose devices cannot be reached from the node."""
    found = []
    for claim in plan.allocated:
        selector = (allocation_of(claim) or {}).get("nodeSelector")
        if selector and not any(term_matches(t, node) for t in selector.get("nodeSelectorTerms") or []):
            found.append(claim)
    return found


def prioritized_score(claims: list[Object], allocations: Mapping[str, Object]) -> int:
    """Eight less the index of the chosen alternative, summed over the firstAvailable requests."""
    score = 0
    for claim in claims:
        allocation = allocations.get(claim["metadata"].get("uid", "")) or allocation_of(claim) or {}
        chosen = {r.get("request") for r in (allocation.get("devices") or {}).get("results") or []}
        for request in ((claim.get("spec") or {}).get("devices") or {}).get("requests") or []:
            for index, alternative in enumerate(request.get("firstAvailable") or []):
                if f"{request['name']}/{alternative['name']}" in chosen:
                    score += 8 - index
                    break
    return score
