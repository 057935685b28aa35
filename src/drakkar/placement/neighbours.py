"""Rules between pods: required affinity and anti-affinity, and topology spread, counted per domain as pods come and go.

Nothing here is asked pod by pod when a node is judged: each rule keeps how many pods it concerns in each domain.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from drakkar.api.core import Pod, PodAffinityTerm, TopologySpreadConstraint
from drakkar.api.selectors import LabelRequirement, LabelSelector

from . import node_choice, taints
from .node_info import NodeInfo
from .reason import NO_TOPOLOGY, NOT_NEAR, NOT_SPREAD, TOO_NEAR, UNWANTED, Reason
from .repulsion import Repulsion
from .term import Namespaces, Term, selector


def _terms(written: Iterable[PodAffinityTerm], pod: Pod) -> tuple[Term, ...]:
    return tuple(Term(one, pod.metadata.namespace) for one in written)


class Counts(dict[str, dict[str, int]]):
    """How many pods there are in each domain, by topology key and value; without the domains that have none."""

    def add(self, key: str, node: NodeInfo, count: int) -> None:
        """So many more, or fewer, on a node; nothing where the node has no such label."""
        value = node.labels.get(key)
        if value is None:
            return
        values = self.setdefault(key, {})
        values[value] = values.get(value, 0) + count
        if not values[value]:
            del values[value]
        if not values:
            del self[key]

    def at(self, key: str, node: NodeInfo) -> int:
        """How many share the node's domain."""
        value = node.labels.get(key)
        return 0 if value is None else self.get(key, {}).get(value, 0)


@dataclass
class _Spread:
    """One constraint: which pods it counts, and how many there are in each domain that it counts."""

    constraint: TopologySpreadConstraint
    selector: LabelSelector | None
    itself: int
    domains: dict[str, int] = field(default_factory=dict)
    _least: int | None = None

    def add(self, value: str, count: int) -> None:
        self.domains[value] = self.domains.get(value, 0) + count
        self._least = None

    @property
    def least(self) -> int:
        """How many are in the domain with the fewest, none where there are fewer domains than there are to be."""
        if self._least is None:
            enough = len(self.domains) >= (self.constraint.min_domains or 1)
            self._least = min(self.domains.values(), default=0) if enough else 0
        return self._least


class Neighbours:
    """What the pods that are placed have to do with one form of pod."""

    def __init__(self, pod: Pod, namespaces: Namespaces, nodes: Iterable[NodeInfo], comparing: bool) -> None:
        self._pod = pod
        self._comparing = comparing
        self._near = _terms(pod.spec.affinity.pod_affinity.required, pod)
        self._apart = _terms(pod.spec.affinity.pod_anti_affinity.required, pod)
        self._namespaces = namespaces
        # Where this pod is not wanted, by the terms of those that do not want it.
        self._repelled: dict[Repulsion, tuple[str, ...]] = {}
        self._near_counts, self._apart_counts, self._unwanted = Counts(), Counts(), Counts()
        self._fits_itself = all(term.selects(pod, namespaces) for term in self._near)
        self._spreads = [
            self._spread(one)
            for one in pod.spec.topology_spread_constraints
            if one.when_unsatisfiable != "ScheduleAnyway"
        ]
        for node in nodes:
            self._open(node)
            for key, other in node.pods.items():
                self.count(other, node.repulsions.get(key), node, 1)

    @property
    def matter(self) -> bool:
        """Whether there is any rule that could keep the pod from a node."""
        return bool(self._near or self._apart or self._spreads or self._unwanted)

    @property
    def mind_taints(self) -> bool:
        """Whether a node's taints decide if it is counted."""
        return any(one.constraint.node_taints_policy == "Honor" for one in self._spreads)

    def _spread(self, constraint: TopologySpreadConstraint) -> _Spread:
        chosen = selector(constraint.label_selector)
        labels = self._pod.metadata.labels
        if chosen is not None:
            more = tuple(
                LabelRequirement(key, "in", frozenset((labels[key],)))
                for key in constraint.match_label_keys
                if key in labels
            )
            chosen = LabelSelector((*more, *chosen.requirements))
        itself = chosen is not None and chosen.matches(labels)
        return _Spread(constraint, chosen, int(itself))

    def _counts_on(self, spread: _Spread, node: NodeInfo) -> bool:
        """Whether the constraint looks at this node: it has all the labels, and is one that the pod could choose."""
        if any(one.constraint.topology_key not in node.labels for one in self._spreads):
            return False
        constraint, spec = spread.constraint, self._pod.spec
        chosen = constraint.node_affinity_policy == "Ignore" or node_choice.selects(
            spec, node.name, node.labels
        )
        if not chosen:
            return False
        if constraint.node_taints_policy == "Honor":
            return not taints.objections(spec.tolerations, node.node.spec, self._comparing)
        return True

    def _open(self, node: NodeInfo) -> None:
        for spread in self._spreads:
            if self._counts_on(spread, node):
                spread.add(node.labels[spread.constraint.topology_key], 0)

    def count(self, other: Pod, repulsion: Repulsion | None, node: NodeInfo, by: int) -> None:
        """A pod came to a node (1) or went (-1); `repulsion` is whom it keeps away."""
        if self._near and all(term.selects(other, self._namespaces) for term in self._near):
            for term in self._near:
                self._near_counts.add(term.key, node, by)
        for term in self._apart:
            if term.selects(other, self._namespaces):
                self._apart_counts.add(term.key, node, by)
        if repulsion is not None:
            for key in self._where_unwanted(repulsion):
                self._unwanted.add(key, node, by)
        if self._spreads and other.metadata.namespace == self._pod.metadata.namespace:
            self._count_spread(other, node, by)

    def _where_unwanted(self, repulsion: Repulsion) -> tuple[str, ...]:
        keys = self._repelled.get(repulsion)
        if keys is None:
            keys = self._repelled[repulsion] = repulsion.against(self._pod, self._namespaces)
        return keys

    def _count_spread(self, other: Pod, node: NodeInfo, by: int) -> None:
        for spread in self._spreads:
            # One without requirements counts nobody, here as there; who is going is not counted either.
            if spread.selector is None or not spread.selector.requirements:
                continue
            if other.metadata.deletion_timestamp is not None or not spread.selector.matches(
                other.metadata.labels
            ):
                continue
            if self._counts_on(spread, node):
                spread.add(node.labels[spread.constraint.topology_key], by)

    def objections(self, node: NodeInfo) -> list[Reason]:
        """Why the rules keep the pod from the node."""
        return self._spread_objections(node) or self._near_objections(node) or self._apart_objections(node)

    def _spread_objections(self, node: NodeInfo) -> list[Reason]:
        for spread in self._spreads:
            constraint = spread.constraint
            value = node.labels.get(constraint.topology_key)
            if value is None:
                return [
                    Reason(NO_TOPOLOGY, f"topology spread: the node has no label {constraint.topology_key}")
                ]
            skew = spread.domains.get(value, 0) + spread.itself - spread.least
            if skew > constraint.max_skew:
                told = (
                    f"topology spread over {constraint.topology_key}: {value} would have {skew} more than the domain"
                    f" with the fewest, {constraint.max_skew} may be"
                )
                return [Reason(NOT_SPREAD, told)]
        return []

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
