"""Whom a placed pod keeps away: the terms of its required anti-affinity, read once for all pods that have the same."""

from __future__ import annotations

import functools
import hashlib

import msgspec

from drakkar.api.core import Pod, PodAffinityTerm

from .term import Namespaces, Term

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


class _Written:
    """Terms as they are written, told from others by a digest: they may be long."""

    __slots__ = ("_digest", "namespace", "terms")

    def __init__(self, namespace: str, terms: tuple[PodAffinityTerm, ...]) -> None:
        self.namespace, self.terms = namespace, terms
        text = msgspec.json.encode((namespace, terms))
        self._digest = hashlib.blake2b(text, digest_size=16).digest()

    def __hash__(self) -> int:
        return hash(self._digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Written) and self._digest == other._digest


def repulsion_of(pod: Pod) -> Repulsion | None:
    """None where a pod keeps nobody away."""
    terms = pod.spec.affinity.pod_anti_affinity.required
    return _read(_Written(pod.metadata.namespace, terms)) if terms else None


@functools.lru_cache(_REMEMBERED)
def _read(written: _Written) -> Repulsion:
    return Repulsion(tuple(Term(one, written.namespace) for one in written.terms))
