"""What of a pod decides where it may go, and what was found out about each node for all pods of that form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, compress
from typing import Protocol

import msgspec

from drakkar.api.core import Pod
from drakkar.api.extended_resources import ExtendedClasses
from drakkar.api.selectors import LabelSelector
from drakkar.placement.between.neighbours import Neighbours
from drakkar.placement.between.placed_pods import PlacedPods
from drakkar.placement.devices.backing import Backing
from drakkar.placement.node import features, node_choice, taints
from drakkar.placement.node.images import Images
from drakkar.placement.node.node_info import Needs, NodeInfo
from drakkar.placement.reason import CONFLICTING, NOT_NAMED, WITHOUT_FEATURES, Reason
from drakkar.placement.terms.term import Namespaces
from drakkar.placement.volumes.pod_volumes import PodVolumes

_UNKNOWN, _FITS, _FITS_NOT = 0, 1, 2
# 1 where a node takes the pod for all that is known.
_OPEN = bytes([1, 1, 0]) + bytes(253)
_TAKES = bytes([0, 1, 0]) + bytes(253)
# So many nodes are looked at together where few are wanted.
_CHUNK = 64
_ANY = re.compile(rb"[^\0]")
_WRITER = msgspec.msgpack.Encoder()


def signature(pod: Pod, with_labels: bool, together: LabelSelector | None, images: tuple[str, ...]) -> bytes:
    """Equal for pods that every node treats alike. Labels matter only where rules between pods are about; `together` is by
    what those are told that the pod is to be spread with, `images` are those of its images that any node has.
    """
    spec = pod.spec
    containers = [
        [
            (
                one.resources.requests,
                one.resources.limits,
                one.ports,
                one.restart_policy,
                one.restart_policy_rules,
            )
            for one in some
        ]
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
        None if together is None else _plain(pod.metadata.namespace, together),
        (images, _images_in(pod)) if images else None,
    )
    return _WRITER.encode(decides)


def _plain(namespace: str, selector: LabelSelector) -> object:
    return namespace, [(one.key, one.operator, sorted(one.values)) for one in selector.requirements]


def _images_in(pod: Pod) -> int:
    spec = pod.spec
    return len(spec.containers) + len(spec.init_containers) + sum("image" in one for one in spec.volumes)


class Follower(Protocol):
    """Keeps something of each node for pods of a form."""

    def changed(self, node: NodeInfo) -> None:
        """It may be so no more."""


class Form:
    """Verdicts and scores by the node's position; what an event makes doubtful is found out again when it is asked for."""

    def __init__(
        self,
        pod: Pod,
        needs: Needs,
        nodes: Sequence[NodeInfo],
        placed: PlacedPods,
        namespaces: Namespaces,
        together: LabelSelector | None,
        images: Images,
        wanted: tuple[str, ...],
        comparing: bool,
        classes: ExtendedClasses,
    ) -> None:
        """`wanted` are those of the pod's images that any node has."""
        self.pod = pod
        self.needs = needs
        self.backing = Backing(needs, classes, nodes)
        self._nodes = nodes
        self._images, self._wanted = images, wanted
        self._comparing = comparing
        # The only nodes that come into question, where the pod names them.
        self.names = node_choice.names(pod.spec)
        self._features = features.needed(pod.spec)
        self._verdicts = bytearray(len(nodes))
        # What of the node itself keeps the pod out, and what besides; None where it is not known.
        self._fixed: list[list[Reason] | None] = [None] * len(nodes)
        self._scores: list[int | None] = [None] * len(nodes)
        # By position, for nodes that are liked or disliked: the weight of the preferences that they meet, and how many of their
        # taints speak against them. Good for nodes whose score was asked for.
        self.unlike: dict[int, tuple[int, int]] = {}
        self.neighbours = Neighbours(pod, namespaces, nodes, placed, together, comparing)
        # By priority, what is kept beside and must hear of what changes.
        self.followers: dict[int, Follower] = {}

    @property
    def refusal(self) -> str:
        """Why no node can do, whatever nodes there are; nothing if one could."""
        return CONFLICTING if self.names is not None and not self.names else ""

    # What the snapshot tells.

    def room_changed(self, node: NodeInfo) -> None:
        """Pods came to the node or went."""
        self._verdicts[node.index] = _UNKNOWN
        self._scores[node.index] = None
        self.unlike.pop(node.index, None)
        self.importance_changed(node)

    def importance_changed(self, node: NodeInfo) -> None:
        """Other pods wait for the node, or who has to leave it first is another."""
        for one in self.followers.values():
            one.changed(node)

    def node_changed(self, node: NodeInfo) -> None:
        """The node itself is another."""
        self.room_changed(node)
        self._fixed[node.index] = None
        self.backing.node_changed()

    def images_changed(self, names: frozenset[str]) -> None:
        """Other nodes have these images than before."""
        if not names.isdisjoint(self._wanted):
            self._scores = [None] * len(self._nodes)
            self.unlike.clear()

    # What is asked.

    def objections(self, node: NodeInfo, volumes: PodVolumes | None = None) -> list[Reason]:
        """Everything that keeps pods of this form from the node, of the first kind that does; upstream's order. `volumes` are
        those of one of them.
        """
        found = self._of_the_node(node) or node.clashes(self.needs)
        found = found or node.lacks(self.needs, self.backing.names)
        missing = self._missing(node)
        self._verdicts[node.index] = _FITS_NOT if found or missing else _FITS
        if not found and volumes is not None:
            found = volumes.objections(node)
        return found or self._between_pods(node) or missing

    def judged(self, node: NodeInfo, volumes: PodVolumes | None = None) -> list[Reason]:
        """The same of a node with other pods than it has, of which nothing is to be remembered."""
        found = self._of_the_node(node) or node.clashes(self.needs)
        found = found or node.lacks(self.needs, self.backing.names)
        if not found and volumes is not None:
            found = volumes.objections(node)
        return found or self._between_pods(node) or self._missing(node)

    def everything(self, node: NodeInfo, volumes: PodVolumes | None = None) -> list[Reason]:
        """Everything that keeps pods of this form from the node, of all kinds: what a person must change."""
        spec = self.pod.spec
        return [
            *taints.objections(spec.tolerations, node.node.spec, self._comparing),
            *node_choice.objections(spec, node.name, node.labels),
            *node.clashes(self.needs),
            *node.lacks(self.needs, self.backing.names),
            *([] if volumes is None else volumes.objections(node)),
            *self._between_pods(node),
            *self._missing(node),
        ]

    def fits(self, node: NodeInfo) -> bool:
        """Whether nothing does."""
        verdict = self._verdicts[node.index]
        if verdict == _UNKNOWN:
            return not self.objections(node)
        return verdict == _FITS and not self._between_pods(node)

    def fitting(self, among: bytes | None = None, start: int = 0) -> Iterator[NodeInfo]:
        """The nodes that take the pod, in their order from a position on, round to it again; each found out when it is its turn.
        Nothing may change meanwhile.

        `among` has a byte for each node, 0 where it is of no interest.
        """
        open_ = bytes(self._verdicts.translate(_OPEN))
        if among is not None:
            both = int.from_bytes(open_, "little") & int.from_bytes(among, "little")
            open_ = both.to_bytes(len(open_), "little")
        for found in chain(_ANY.finditer(open_, start), _ANY.finditer(open_, 0, start)):
            node = self._nodes[found.start()]
            if self.fits(node):
                yield node

    def first(self, count: int, start: int) -> tuple[list[NodeInfo], int]:
        """The first so many nodes of `fitting`, all at once, and how many nodes were looked at for them."""
        found: list[NodeInfo] = []
        looked, total = 0, len(self._nodes)
        between_pods = self.neighbours.objections if self.neighbours.matter else None
        while looked < total and len(found) < count:
            low = (start + looked) % total
            high = min(total, low + min(max(count - len(found), _CHUNK), total - looked))
            self._find_out(low, high)
            here = list(compress(self._nodes[low:high], self._verdicts[low:high].translate(_TAKES)))
            if between_pods is not None:
                here = [node for node in here if not between_pods(node)]
            room = count - len(found)
            looked += high - low if len(here) < room else here[room - 1].index + 1 - low
            found += here[:room]
        return found, looked

    def _find_out(self, low: int, high: int) -> None:
        """Judge the nodes of a range that were not judged yet."""
        at = self._verdicts.find(_UNKNOWN, low, high)
        while at >= 0:
            self.objections(self._nodes[at])
            at = self._verdicts.find(_UNKNOWN, at + 1, high)

    def scores(self, nodes: Sequence[NodeInfo]) -> list[int]:
        """How good nodes are that take the pod, but for what is in `unlike` then and counts as compared with others."""
        known = self._scores
        found = [known[node.index] for node in nodes]
        if None in found:
            for node in nodes:
                if known[node.index] is None:
                    known[node.index] = self._score(node)
            found = [known[node.index] for node in nodes]
        return found  # type: ignore[return-value]

    def _score(self, node: NodeInfo) -> int:
        spec = self.pod.spec
        liking = node_choice.liking(spec, node.name, node.labels)
        disliked = taints.disliked(spec.tolerations, node.node.spec, self._comparing)
        if liking or disliked:
            self.unlike[node.index] = liking, disliked
        return node.free_share(self.needs) + node.balance(self.needs) + self._locality(node)

    def _of_the_node(self, node: NodeInfo) -> list[Reason]:
        known = self._fixed[node.index]
        if known is None and self.names is not None and node.name not in self.names:
            known = self._fixed[node.index] = [Reason(NOT_NAMED, "required node affinity names other nodes")]
        if known is None:
            spec = self.pod.spec
            known = taints.objections(spec.tolerations, node.node.spec, self._comparing)
            known = known or node_choice.objections(spec, node.name, node.labels)
            self._fixed[node.index] = known
        return known

    def _missing(self, node: NodeInfo) -> list[Reason]:
        if self._features <= node.features:
            return []
        names = ", ".join(sorted(self._features - node.features))
        return [Reason(WITHOUT_FEATURES, f"the node does not declare {names}, which the pod needs")]

    def _locality(self, node: NodeInfo) -> int:
        if not self._wanted:
            return 0
        return self._images.score(node.name, self._wanted, _images_in(self.pod), len(self._nodes))

    def _between_pods(self, node: NodeInfo) -> list[Reason]:
        return self.neighbours.objections(node) if self.neighbours.matter else []
