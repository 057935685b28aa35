"""How good the alternatives are that were chosen for requests with several (KEP-4816)."""

from __future__ import annotations

from collections.abc import Sequence

from drakkar.api.resource import AllocationResult, ResourceClaim

_HIGHEST = 8


def alternatives_score(claims: Sequence[ResourceClaim], results: Sequence[AllocationResult]) -> int:
    """Eight less the rank of the alternative that was chosen, over all requests with alternatives."""
    score = 0
    for claim, result in zip(claims, results, strict=True):
        ranked = [request for request in claim.spec.devices.requests if request.first_available]
        if not ranked:
            continue
        chosen = {one.request for one in result.devices.results}
        for request in ranked:
            for rank, part in enumerate(request.first_available):
                if f"{request.name}/{part.name}" in chosen:
                    score += _HIGHEST - rank
                    break
    return score
