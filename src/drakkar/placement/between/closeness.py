"""How near a pod would like to be to those that are placed, and they to it, summed up per domain as pods come and go."""

from __future__ import annotations

from collections.abc import Sequence

from drakkar.api.core import Pod
from drakkar.placement.between.domains import Counts
from drakkar.placement.node.node_info import NodeInfo
from drakkar.placement.terms.attraction import Attraction, preferences
from drakkar.placement.terms.term import Namespaces, Term


class Closeness:
    """Of one form of pod."""

    def __init__(self, pod: Pod, namespaces: Namespaces) -> None:
        self._pod, self._namespaces = pod, namespaces
        self._terms = preferences(pod.spec.affinity, pod.metadata.namespace)
        # How much those want this pod that mind it.
        self._wanted: dict[Attraction, tuple[tuple[str, int], ...]] = {}
        self._weights = Counts()

    @property
    def terms(self) -> list[Term]:
        """The terms of the form itself."""
        return [term for term, _ in self._terms]

    def count(self, other: Pod, attraction: Attraction | None, node: NodeInfo, by: int) -> None:
        """A pod came to a node (1) or went (-1); `attraction` is whom it wants."""
        for term, weight in self._terms:
            if term.selects(other, self._namespaces):
                self._weights.add(term.key, node, by * weight)
        if attraction is not None:
            wanted = self._wanted.get(attraction)
            if wanted is None:
                wanted = self._wanted[attraction] = attraction.towards(self._pod, self._namespaces)
            for key, weight in wanted:
                self._weights.add(key, node, by * weight)

    def scores(self, nodes: Sequence[NodeInfo]) -> list[int] | None:
        """Upstream's InterPodAffinity of nodes to choose from: from 0 to 100 for the nearest; None where all are alike."""
        if not self._weights or not nodes:
            return None
        sums = [
            sum(
                values.get(value, 0)
                for key, values in self._weights.items()
                if (value := node.labels.get(key)) is not None
            )
            for node in nodes
        ]
        least = min(sums)
        span = max(sums) - least
        return [int(100 * ((one - least) / span)) for one in sums] if span else None
