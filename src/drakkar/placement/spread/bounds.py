"""Topology spread that must hold: how many pods each constraint counts in each domain, kept up as pods come and go."""

from __future__ import annotations

from collections.abc import Sequence

from drakkar.api.core import Pod
from drakkar.placement.node.node_info import NodeInfo
from drakkar.placement.reason import NO_TOPOLOGY, NOT_SPREAD, Reason
from drakkar.placement.spread.rule import SpreadRule


class _Bound:
    """One constraint: how many pods there are in each domain that it looks at."""

    __slots__ = ("_least", "domains", "looks", "rule")

    def __init__(self, rule: SpreadRule) -> None:
        self.rule = rule
        # By the position of a node: whether its pods count.
        self.looks = bytearray()
        self.domains: dict[str, int] = {}
        self._least: int | None = None

    def add(self, value: str, count: int) -> None:
        self.domains[value] = self.domains.get(value, 0) + count
        self._least = None

    @property
    def least(self) -> int:
        """How many are in the domain with the fewest, none where there are fewer domains than there are to be."""
        if self._least is None:
            enough = len(self.domains) >= self.rule.min_domains
            self._least = min(self.domains.values(), default=0) if enough else 0
        return self._least


class SpreadBounds:
    """Of one form of pod."""

    def __init__(self, rules: Sequence[SpreadRule]) -> None:
        self._bounds = [_Bound(one) for one in rules]

    def __bool__(self) -> bool:
        return bool(self._bounds)

    def open(self, node: NodeInfo) -> None:
        """Take a node in, in the order of their positions: one that has all the labels makes a domain of each constraint that
        looks at it.
        """
        labels = node.labels
        complete = all(bound.rule.key in labels for bound in self._bounds)
        for bound in self._bounds:
            looks = complete and bound.rule.looks_at(node)
            bound.looks.append(looks)
            if looks:
                bound.add(labels[bound.rule.key], 0)

    def count(self, other: Pod, node: NodeInfo, by: int) -> None:
        """A pod came to a node (1) or went (-1)."""
        for bound in self._bounds:
            if bound.looks[node.index] and bound.rule.counts(other):
                bound.add(node.labels[bound.rule.key], by)

    def objections(self, node: NodeInfo) -> list[Reason]:
        """Why they keep the pod from the node."""
        for bound in self._bounds:
            rule = bound.rule
            value = node.labels.get(rule.key)
            if value is None:
                return [Reason(NO_TOPOLOGY, f"topology spread: the node has no label {rule.key}")]
            skew = bound.domains.get(value, 0) + rule.itself - bound.least
            if skew > rule.max_skew:
                told = (
                    f"topology spread over {rule.key}: {value} would have {skew} more than the domain"
                    f" with the fewest, {rule.max_skew} may be"
                )
                return [Reason(NOT_SPREAD, told)]
        return []
