"""A topology spread constraint of a pod: which pods it counts, and on which nodes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from drakkar.api.core import Pod, TopologySpreadConstraint
from drakkar.api.selectors import LabelRequirement, LabelSelector
from drakkar.placement.node import node_choice, taints
from drakkar.placement.node.node_info import NodeInfo
from drakkar.placement.terms.term import selector

HOSTNAME, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
ANYWAY = "ScheduleAnyway"
# What holds for pods without constraints that services or workloads belong together by.
_DEFAULTS = (
    TopologySpreadConstraint(topology_key=HOSTNAME, max_skew=3, when_unsatisfiable=ANYWAY),
    TopologySpreadConstraint(topology_key=ZONE, max_skew=5, when_unsatisfiable=ANYWAY),
)


class SpreadRule:
    """One constraint, for pods of one form."""

    __slots__ = (
        "_choosy",
        "_comparing",
        "_constraint",
        "_pod",
        "_selector",
        "itself",
        "key",
        "max_skew",
        "min_domains",
    )

    def __init__(
        self, constraint: TopologySpreadConstraint, chosen: LabelSelector | None, pod: Pod, comparing: bool
    ) -> None:
        self._constraint, self._selector, self._pod, self._comparing = constraint, chosen, pod, comparing
        self.key, self.max_skew = constraint.topology_key, constraint.max_skew
        self.min_domains = constraint.min_domains or 1
        self._choosy = constraint.node_affinity_policy != "Ignore" and node_choice.is_choosy(pod.spec)
        # Whether the pod counts itself. A selector without requirements selects it, though it counts nobody else.
        self.itself = int(chosen is not None and chosen.matches(pod.metadata.labels))

    @property
    def minds_taints(self) -> bool:
        """Whether a node's taints decide if it is looked at."""
        return self._constraint.node_taints_policy == "Honor"

    def counts(self, other: Pod) -> bool:
        """Whether a placed pod counts: one of the same namespace that is not going."""
        chosen = self._selector
        return (
            chosen is not None
            and bool(chosen.requirements)
            and other.metadata.deletion_timestamp is None
            and other.metadata.namespace == self._pod.metadata.namespace
            and chosen.matches(other.metadata.labels)
        )

    def looks_at(self, node: NodeInfo) -> bool:
        """Whether the pods of a node count, as far as the pod's own choice of nodes and their taints go; a cordon does not."""
        spec = self._pod.spec
        if self._choosy and not node_choice.selects(spec, node.name, node.labels):
            return False
        if not self.minds_taints:
            return True
        against = taints.untolerated(
            spec.tolerations, node.node.spec.taints, taints.KEEPS_OUT, self._comparing
        )
        return next(against, None) is None


def bounds(pod: Pod, comparing: bool) -> list[SpreadRule]:
    """The constraints that must hold."""
    return _rules(pod, (one for one in _written(pod) if one.when_unsatisfiable != ANYWAY), comparing)


def wishes(pod: Pod, together: LabelSelector | None, comparing: bool) -> list[SpreadRule]:
    """The constraints that nodes are compared by. A pod that has none at all has the cluster's, if it is one of pods that
    belong `together`.
    """
    if _written(pod):
        return _rules(pod, (one for one in _written(pod) if one.when_unsatisfiable == ANYWAY), comparing)
    if together is None:
        return []
    return [SpreadRule(one, together, pod, comparing) for one in _DEFAULTS]


def _written(pod: Pod) -> Sequence[TopologySpreadConstraint]:
    return pod.spec.topology_spread_constraints


def _rules(pod: Pod, constraints: Iterable[TopologySpreadConstraint], comparing: bool) -> list[SpreadRule]:
    return [SpreadRule(one, _selector(one, pod), pod, comparing) for one in constraints]


def _selector(constraint: TopologySpreadConstraint, pod: Pod) -> LabelSelector | None:
    chosen = selector(constraint.label_selector)
    if chosen is None:
        return None
    labels = pod.metadata.labels
    more = tuple(
        LabelRequirement(key, "in", frozenset((labels[key],)))
        for key in constraint.match_label_keys
        if key in labels
    )
    return LabelSelector((*more, *chosen.requirements))
