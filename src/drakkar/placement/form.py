"""What of a pod decides where it may go, and what was found out about each node for all pods of that form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from drakkar.api.core import Pod

from . import node_choice, taints
from .neighbours import Neighbours
from .node_info import Needs, NodeInfo
from .reason import Reason
from .term import Namespaces

_UNKNOWN, _FITS, _FITS_NOT = 0, 1, 2
# 1 where a node takes the pod for all that is known.
_OPEN = bytes([1, 1, 0]) + bytes(253)
_ANY = re.compile(rb"[^\0]")
_WRITER = msgspec.msgpack.Encoder()


def signature(pod: Pod, with_labels: bool) -> bytes:
    """Equal for pods that every node treats alike. Labels matter only where rules between pods are about."""
    spec = pod.spec
    containers = [
        [(one.resources.requests, one.resources.limits, one.ports, one.restart_policy) for one in some]
        for some in (spec.containers, spec.init_containers)
    ]
    decides = (
        spec.node_selector,
        spec.affinity,
        spec.tolerations,
        spec.topology_spread_constraints,
        spec.resources,
        spec.overhead,
        spec.host_network,
        containers,
        (pod.metadata.namespace, pod.metadata.labels) if with_labels else None,
    )
    return _WRITER.encode(decides)


class Score(msgspec.Struct, frozen=True):
    """How good a node is for a form, before it is compared with others."""

    liking: int
    disliked: int
    resources: int


class Follower(Protocol):
    """Keeps something of each node for pods of a form."""

    def changed(self, node: NodeInfo) -> None:
        """It may be so no more."""


class Form:
    """Verdicts and scores by the node's position; what an event makes doubtful is found out again when it is asked for."""

    def __init__(
        self, pod: Pod, needs: Needs, nodes: Sequence[NodeInfo], namespaces: Namespaces, comparing: bool
    ) -> None:
        self.pod = pod
        self.needs = needs
        self._nodes = nodes
        self._comparing = comparing
        self._verdicts = bytearray(len(nodes))
        # What of the node itself keeps the pod out, and what besides; None where it is not known.
        self._fixed: list[list[Reason] | None] = [None] * len(nodes)
        self._scores: list[Score | None] = [None] * len(nodes)
        self.neighbours = Neighbours(pod, namespaces, nodes, comparing)
        # By priority, what is kept beside and must hear of what changes.
        self.followers: dict[int, Follower] = {}

    # What the snapshot tells.

    def room_changed(self, node: NodeInfo) -> None:
        """Pods came to the node or went."""
        self._verdicts[node.index] = _UNKNOWN
        self._scores[node.index] = None
        self.importance_changed(node)

    def importance_changed(self, node: NodeInfo) -> None:
        """Other pods wait for the node, or who has to leave it first is another."""
        for one in self.followers.values():
            one.changed(node)

    def node_changed(self, node: NodeInfo) -> None:
        """The node itself is another."""
        self.room_changed(node)
        self._fixed[node.index] = None

    # What is asked.

    def objections(self, node: NodeInfo) -> list[Reason]:
        """Everything that keeps pods of this form from the node, of the first kind that does; upstream's order."""
        found = self._of_the_node(node) or node.objections(self.needs)
        self._verdicts[node.index] = _FITS_NOT if found else _FITS
        return found or self._between_pods(node)

    def judged(self, node: NodeInfo) -> list[Reason]:
        """The same of a node with other pods than it has, of which nothing is to be remembered."""
        return self._of_the_node(node) or node.objections(self.needs) or self._between_pods(node)

    def everything(self, node: NodeInfo) -> list[Reason]:
        """Everything that keeps pods of this form from the node, of all kinds: what a person must change."""
        spec = self.pod.spec
        return [
            *taints.objections(spec.tolerations, node.node.spec, self._comparing),
            *node_choice.objections(spec, node.name, node.labels),
            *node.objections(self.needs),
            *self._between_pods(node),
        ]

    def fits(self, node: NodeInfo) -> bool:
        """Whether nothing does."""
        verdict = self._verdicts[node.index]
        if verdict == _UNKNOWN:
            return not self.objections(node)
        return verdict == _FITS and not self._between_pods(node)

    def fitting(self, among: bytes | None = None) -> Iterator[NodeInfo]:
        """The nodes that take the pod, in their order; each found out when it is its turn. Nothing may change meanwhile.

        `among` has a byte for each node, 0 where it is of no interest.
        """
        open_ = bytes(self._verdicts.translate(_OPEN))
        if among is not None:
            both = int.from_bytes(open_, "little") & int.from_bytes(among, "little")
            open_ = both.to_bytes(len(open_), "little")
        for found in _ANY.finditer(open_):
            node = self._nodes[found.start()]
            if self.fits(node):
                yield node

    def score(self, node: NodeInfo) -> Score:
        """For a node that takes the pod."""
        known = self._scores[node.index]
        if known is None:
            spec = self.pod.spec
            known = Score(
                node_choice.liking(spec, node.name, node.labels),
                taints.disliked(spec.tolerations, node.node.spec, self._comparing),
                node.free_share(self.needs) + node.balance(self.needs),
            )
            self._scores[node.index] = known
        return known

    def _of_the_node(self, node: NodeInfo) -> list[Reason]:
        known = self._fixed[node.index]
        if known is None:
            spec = self.pod.spec
            known = taints.objections(spec.tolerations, node.node.spec, self._comparing)
            known = known or node_choice.objections(spec, node.name, node.labels)
            self._fixed[node.index] = known
        return known

    def _between_pods(self, node: NodeInfo) -> list[Reason]:
        return self.neighbours.objections(node) if self.neighbours.matter else []


def best(scores: Sequence[tuple[Score, int]]) -> int:
    """The position of the best of some nodes, the first among equals; each with how good the devices are that it offers.

    Upstream's weights: tolerations 3, node affinity and devices 2, room and balance 1.
    """
    liking = max((one.liking for one, _ in scores), default=0)
    disliked = max((one.disliked for one, _ in scores), default=0)
    devices = max((alternatives for _, alternatives in scores), default=0)

    def total(entry: tuple[Score, int]) -> int:
        score, alternatives = entry
        return (
            2 * _of_hundred(score.liking, liking)
            + 3 * (100 - _of_hundred(score.disliked, disliked))
            + 2 * _of_hundred(alternatives, devices)
            + score.resources
        )

    totals = list(map(total, scores))
    return totals.index(max(totals))


def _of_hundred(value: int, highest: int) -> int:
    return 100 * value // highest if highest > 0 else 0
