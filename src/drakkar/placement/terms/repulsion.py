"""Whom a placed pod keeps away: the terms of its required anti-affinity, read once for all pods that have the same."""

from __future__ import annotations

import functools

from drakkar.api.core import Pod, PodAffinityTerm
from drakkar.placement.terms.term import Namespaces, Term
from drakkar.placement.terms.written_terms import WrittenTerms

# A workload's pods have the same terms.
_REMEMBERED = 1024


class Repulsion:
    """The terms of one pod, or of many of one namespace."""

    __slots__ = ("_terms",)

    def __init__(self, terms: tuple[Term, ...]) -> None:
        self._terms = terms

    def against(self, pod: Pod, namespaces: Namespaces) -> tuple[str, ...]:
        """The topology keys in whose domains a pod is not wanted."""
        return tuple({term.key: None for term in self._terms if term.selects(pod, namespaces)})


def repulsion_of(pod: Pod) -> Repulsion | None:
    """None where a pod keeps nobody away."""
    terms = pod.spec.affinity.pod_anti_affinity.required
    return _read(WrittenTerms(pod.metadata.namespace, terms)) if terms else None


@functools.lru_cache(_REMEMBERED)
def _read(written: WrittenTerms[tuple[PodAffinityTerm, ...]]) -> Repulsion:
    return Repulsion(tuple(Term(one, written.namespace) for one in written.terms))
