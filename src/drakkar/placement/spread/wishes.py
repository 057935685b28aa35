"""Topology spread that may be missed, and the cluster's own: what nodes are compared by, kept up as pods come and go."""

from __future__ import annotations

import math
from collections.abc import Sequence

from drakkar.api.core import Pod
from drakkar.placement.node.node_info import NodeInfo
from drakkar.placement.spread.rule import HOSTNAME, SpreadRule


class _Wish:
    """One constraint: how many pods there are in each domain that it looks at, or on each node where a node is a domain."""

    __slots__ = ("domains", "looks", "on", "rule")

    def __init__(self, rule: SpreadRule) -> None:
        self.rule = rule
        # Both by the position of a node.
        self.looks = bytearray()
        self.on: list[int] = []
        self.domains: dict[str, int] = {}


class SpreadWishes:
    """Of one form of pod."""

    def __init__(self, rules: Sequence[SpreadRule], complete: bool) -> None:
        """Where `complete`, only nodes that have the labels of all constraints are compared."""
        self._wishes = [_Wish(one) for one in rules]
        self._complete = complete

    def __bool__(self) -> bool:
        return bool(self._wishes)

    def _misses(self, node: NodeInfo) -> bool:
        return self._complete and any(one.rule.key not in node.labels for one in self._wishes)

    def open(self, node: NodeInfo) -> None:
        """Take a node in, in the order of their positions."""
        misses = self._misses(node)
        for wish in self._wishes:
            wish.on.append(0)
            # Each node counts by itself where it is a domain, whatever the constraint looks at.
            wish.looks.append(wish.rule.key == HOSTNAME or (not misses and wish.rule.looks_at(node)))

    def count(self, other: Pod, node: NodeInfo, by: int) -> None:
        """A pod came to a node (1) or went (-1)."""
        for wish in self._wishes:
            if not wish.looks[node.index] or not wish.rule.counts(other):
                continue
            if wish.rule.key == HOSTNAME:
                wish.on[node.index] += by
                continue
            value = node.labels.get(wish.rule.key)
            if value is not None:
                wish.domains[value] = wish.domains.get(value, 0) + by

    def scores(self, nodes: Sequence[NodeInfo]) -> list[int] | None:
        """Upstream's PodTopologySpread of nodes to choose from: 100 for the one with the fewest where that has none. None where
        all are the same.
        """
        if not self._wishes:
            return None
        counted = [node for node in nodes if not self._misses(node)]
        sums = self._sums(counted)
        if not sums:
            return None
        most, least = max(sums), min(sums)
        if len(counted) == len(nodes):
            return None if most == least else [100 * (most + least - one) // most for one in sums]
        found = {
            node.index: 100 * (most + least - one) // most if most else 100
            for node, one in zip(counted, sums, strict=True)
        }
        return [found.get(node.index, 0) for node in nodes]

    def _sums(self, nodes: Sequence[NodeInfo]) -> list[int]:
        sums = [0.0] * len(nodes)
        for wish in self._wishes:
            key, more = wish.rule.key, float(wish.rule.max_skew - 1)
            if key == HOSTNAME:
                weight, on = math.log(len(nodes) + 2), wish.on
                for at, node in enumerate(nodes):
                    if key in node.labels:
                        sums[at] += on[node.index] * weight + more
                continue
            # A node without the label is of a domain of its own kind, which makes the others count for more.
            weight = math.log(len({node.labels.get(key, "") for node in nodes}) + 2)
            of = {value: count * weight + more for value, count in wish.domains.items()}
            for at, node in enumerate(nodes):
                value = node.labels.get(key)
                if value is not None:
                    sums[at] += of.get(value, more)
        return [math.floor(one + 0.5) for one in sums]
