"""Rules between pods: affinity and anti-affinity, required and preferred, and topology spread, counted per domain as pods come
and go.

Nothing here is asked pod by pod when a node is judged: each rule keeps how many pods it concerns in each domain.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from drakkar.api.core import Pod, PodAffinityTerm
from drakkar.api.selectors import LabelSelector
from drakkar.placement.between.closeness import Closeness
from drakkar.placement.between.domains import Counts
from drakkar.placement.between.placed_pods import PlacedPods
from drakkar.placement.node.node_info import Needs, NodeInfo
from drakkar.placement.reason import NOT_NEAR, TOO_NEAR, UNWANTED, Reason
from drakkar.placement.spread import rule
from drakkar.placement.spread.bounds import SpreadBounds
from drakkar.placement.spread.wishes import SpreadWishes
from drakkar.placement.terms.repulsion import Repulsion
from drakkar.placement.terms.term import Namespaces, Term


def _terms(written: Iterable[PodAffinityTerm], pod: Pod) -> tuple[Term, ...]:
    return tuple(Term(one, pod.metadata.namespace) for one in written)


class Neighbours:
    """What the pods that are placed have to do with one form of pod."""

    def __init__(
        self,
        pod: Pod,
        namespaces: Namespaces,
        nodes: Sequence[NodeInfo],
        placed: PlacedPods,
        together: LabelSelector | None,
        comparing: bool,
    ) -> None:
        """`together` is by what those are told that belong together with the pod, if it belongs to anything."""
        self._pod = pod
        self._near = _terms(pod.spec.affinity.pod_affinity.required, pod)
        self._apart = _terms(pod.spec.affinity.pod_anti_affinity.required, pod)
        self._namespaces = namespaces
        # Where this pod is not wanted, by the terms of those that do not want it.
        self._repelled: dict[Repulsion, tuple[str, ...]] = {}
        self._near_counts, self._apart_counts, self._unwanted = Counts(), Counts(), Counts()
        self._fits_itself = all(term.selects(pod, namespaces) for term in self._near)
        self._closeness = Closeness(pod, namespaces)
        bounds = rule.bounds(pod, comparing)
        wishes = rule.wishes(pod, together, comparing)
        self._bounds = SpreadBounds(bounds)
        self._wishes = SpreadWishes(wishes, complete=bool(pod.spec.topology_spread_constraints))
        # Whether a node's taints decide if it is counted.
        self.mind_taints = any(one.minds_taints for one in (*bounds, *wishes))
        if bounds or wishes:
            for node in nodes:
                self._bounds.open(node)
                self._wishes.open(node)
        self._count_all(nodes, placed)

    def _count_all(self, nodes: Sequence[NodeInfo], placed: PlacedPods) -> None:
        spreads = bool(self._bounds or self._wishes)
        wanted: set[str] | None = {self._pod.metadata.namespace} if spreads else set()
        for term in (*self._near, *self._apart, *self._closeness.terms):
            wanted = None if wanted is None or term.namespaces is None else wanted | term.namespaces
        others = placed.concerning(wanted)
        first = next(others, None)
        if first is not None:
            by_name = {node.name: node for node in nodes}
            for other in chain((first,), others):
                node = by_name.get(other.node)
                if node is not None:
                    self.count(other.pod, other.needs, node, 1)

    @property
    def matter(self) -> bool:
        """Whether there is any rule that could keep the pod from a node."""
        return bool(self._near or self._apart or self._bounds or self._unwanted)

    def count(self, other: Pod, needs: Needs, node: NodeInfo, by: int) -> None:
        """A pod with these needs came to a node (1) or went (-1)."""
        if self._near and all(term.selects(other, self._namespaces) for term in self._near):
            for term in self._near:
                self._near_counts.add(term.key, node, by)
        for term in self._apart:
            if term.selects(other, self._namespaces):
                self._apart_counts.add(term.key, node, by)
        if needs.repulsion is not None:
            for key in self._where_unwanted(needs.repulsion):
                self._unwanted.add(key, node, by)
        self._closeness.count(other, needs.attraction, node, by)
        self._bounds.count(other, node, by)
        self._wishes.count(other, node, by)

    def _where_unwanted(self, repulsion: Repulsion) -> tuple[str, ...]:
        keys = self._repelled.get(repulsion)
        if keys is None:
            keys = self._repelled[repulsion] = repulsion.against(self._pod, self._namespaces)
        return keys

    def objections(self, node: NodeInfo) -> list[Reason]:
        """Why the rules keep the pod from the node."""
        return self._bounds.objections(node) or self._near_objections(node) or self._apart_objections(node)

    def scores(self, nodes: Sequence[NodeInfo]) -> list[list[int]]:
        """Of nodes to choose from how good each is by the rules that may be broken, of 100 each; the rules aside that make no
        difference.
        """
        found = self._wishes.scores(nodes), self._closeness.scores(nodes)
        return [one for one in found if one is not None]

    def _near_objections(self, node: NodeInfo) -> list[Reason]:
        for term in self._near:
            if term.key not in node.labels:
                return [Reason(NOT_NEAR, f"pod affinity: the node has no label {term.key}")]
        lonely = [term for term in self._near if not self._near_counts.at(term.key, node)]
        # The first pod of a group that wants its own kind nearby may start anywhere.
        if not lonely or (not self._near_counts and self._fits_itself):
            return []
        return [Reason(NOT_NEAR, f"pod affinity: no pod that it wants nearby is in this {lonely[0].key}")]

    def _apart_objections(self, node: NodeInfo) -> list[Reason]:
        for term in self._apart:
            if self._apart_counts.at(term.key, node):
                told = f"pod anti-affinity: a pod that it must not be near is in this {term.key}"
                return [Reason(TOO_NEAR, told)]
        for key in sorted(self._unwanted):
            if self._unwanted.at(key, node):
                return [Reason(UNWANTED, f"a pod in this {key} does not want it near (its anti-affinity)")]
        return []
