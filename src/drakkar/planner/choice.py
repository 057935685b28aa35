"""Which of the nodes that would do a scheduler takes: the weights of Kubernetes' own, as far as the planner looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from drakkar.api.resource import AllocationResult, ResourceClaim
from drakkar.planner.members import Pod
from drakkar.planner.nodefit import Amounts, preference
from drakkar.planner.source import Object

_HIGHEST = 8


def alternatives_score(claims: Sequence[ResourceClaim], results: Sequence[AllocationResult]) -> int:
    """Eight less the rank of the alternative that was chosen, over all requests with alternatives (KEP 4816)."""
    score = 0
    for claim, result in zip(claims, results, strict=True):
        chosen = {one.request for one in result.devices.results}
        for request in claim.spec.devices.requests:
            ranks = (
                r for r, part in enumerate(request.first_available) if f"{request.name}/{part.name}" in chosen
            )
            rank = next(ranks, None)
            if rank is not None:
                score += _HIGHEST - rank
    return score


class Candidate(NamedTuple):
    """A node that would do: what it has for pods, what they use, and how good the alternatives are that it offers."""

    node: Object
    total: Amounts
    used: Amounts
    alternatives: int


def _free(pod: Pod, candidate: Candidate) -> float:
    """The share, in percent, of cpu and memory that is left with the pod there."""
    shares = []
    for name in ("cpu", "memory"):
        total = candidate.total.get(name)
        if total is not None and total.nanos > 0:
            taken = sum(amounts[name].nanos for amounts in (candidate.used, pod.requests) if name in amounts)
            shares.append(max(0.0, 100 - 100 * taken / total.nanos))
    return sum(shares) / len(shares) if shares else 0.0


def _percent(values: list[int]) -> list[float]:
    highest = max(values, default=0)
    return [100 * value / highest if highest > 0 else 0.0 for value in values]


def best(pod: Pod, candidates: Sequence[Candidate]) -> int:
    """The index of the best candidate; the first among equals."""
    likes = [preference(pod.obj, candidate.node) for candidate in candidates]
    taints = _percent([taints for taints, _ in likes])
    affinity = _percent([weight for _, weight in likes])
    chosen = _percent([candidate.alternatives for candidate in candidates])
    scores = [
        2 * a + 3 * (100 - t) + 2 * c + _free(pod, candidate)
        for a, t, c, candidate in zip(affinity, taints, chosen, candidates, strict=True)
    ]
    return scores.index(max(scores))
