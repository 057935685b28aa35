"""Whom a placed pod would like near and whom not: the terms that only count where nodes are compared, read once for all pods
that have the same.
"""

from __future__ import annotations

import functools

from drakkar.api.core import Affinity, Pod
from drakkar.placement.terms.term import Namespaces, Term
from drakkar.placement.terms.written_terms import WrittenTerms

_REMEMBERED = 1024
# What a term counts by which a placed pod wanted others near at all costs: upstream's hardPodAffinityWeight.
_REQUIRED_WEIGHT = 1
Weighted = tuple[Term, int]


class Attraction:
    """The terms of one pod, or of many of one namespace; a negative weight pushes away."""

    __slots__ = ("_terms",)

    def __init__(self, terms: tuple[Weighted, ...]) -> None:
        self._terms = terms

    def towards(self, pod: Pod, namespaces: Namespaces) -> tuple[tuple[str, int], ...]:
        """How much a pod is wanted in the domains of each topology key."""
        found: dict[str, int] = {}
        for term, weight in self._terms:
            if term.selects(pod, namespaces):
                found[term.key] = found.get(term.key, 0) + weight
        return tuple(found.items())


def preferences(affinity: Affinity, namespace: str) -> tuple[Weighted, ...]:
    """The preferred terms of a pod's affinity and anti-affinity."""
    near, apart = affinity.pod_affinity.preferred, affinity.pod_anti_affinity.preferred
    return (
        *((Term(one.pod_affinity_term, namespace), one.weight) for one in near),
        *((Term(one.pod_affinity_term, namespace), -one.weight) for one in apart),
    )


def attraction_of(pod: Pod) -> Attraction | None:
    """None where a pod does not mind who comes after it."""
    affinity = pod.spec.affinity
    if not (
        affinity.pod_affinity.required
        or affinity.pod_affinity.preferred
        or affinity.pod_anti_affinity.preferred
    ):
        return None
    return _read(WrittenTerms(pod.metadata.namespace, affinity))


@functools.lru_cache(_REMEMBERED)
def _read(written: WrittenTerms[Affinity]) -> Attraction:
    namespace, affinity = written.namespace, written.terms
    required = tuple((Term(one, namespace), _REQUIRED_WEIGHT) for one in affinity.pod_affinity.required)
    return Attraction((*required, *preferences(affinity, namespace)))
