"""The node that a pod gets: of the first that will do the best, devices included where it has claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from drakkar.api.object import ObjectKey
from drakkar.placement.form import Form
from drakkar.placement.node.node_info import NodeInfo
from drakkar.placement.preemption.trial import with_guests
from drakkar.placement.ranking import best
from drakkar.placement.snapshot import Snapshot
from drakkar.placement.volumes.pod_volumes import PodVolumes

# Of no more nodes the devices are sought that will do; where none are, this many are looked at for certain.
_ENOUGH = 100
# Of more nodes a share is looked at, which falls by a hundredth with every 125 of them, but not below this.
_MOST, _PER_HUNDREDTH, _LEAST = 50, 125, 5
T = TypeVar("T")


class Claims(Protocol[T]):
    """What the pod's claims have to say about nodes; T is what would be allocated on one."""

    @property
    def everywhere(self) -> T | None:
        """What would be allocated on any node, where the claims say nothing of nodes; None where they do."""

    @property
    def only_on(self) -> frozenset[str] | None:
        """The nodes that what is allocated already leaves, where it names them."""

    def hopeful(self, nodes: Sequence[NodeInfo]) -> bytes | None:
        """A byte for each node, 0 where it is known that there are no devices; None where there is no telling."""

    def on(self, node: NodeInfo) -> T | None:
        """What would be allocated on the node, None where that cannot be. Whatever it raises ends the choice."""

    def worth(self, found: T) -> int:
        """How good that is among what was asked for."""


def enough(nodes: int) -> int:
    """Of how many nodes that will do the best is taken, where there are so many in all: as upstream."""
    if nodes < _ENOUGH:
        return nodes
    share = max(_MOST - nodes // _PER_HUNDREDTH, _LEAST)
    return max(nodes * share // 100, _ENOUGH)


def choose(
    snapshot: Snapshot,
    form: Form,
    claims: Claims[T],
    volumes: PodVolumes | None,
    asking: ObjectKey,
    priority: int,
) -> tuple[NodeInfo, T] | None:
    """The node that the pod waits for, if it will do. Ties go to the first in the order of names, or in which nodes are looked at
    where there are more than enough; None where no node will do. `volumes` are those of the pod, if any matter. Room that more
    important pods wait for is theirs.
    """

    def is_left(node: NodeInfo) -> bool:
        if volumes is not None and not volumes.fits(node):
            return False
        guests = snapshot.nominations.guests(node.name, priority, asking)
        return not guests or not with_guests(form, node, guests)

    own = snapshot.node(snapshot.nominations.node_of(asking))
    if own is not None and form.fits(own) and is_left(own):
        found = claims.on(own)
        if found is not None:
            return own, found
    alike = claims.everywhere
    if alike is not None and volumes is None and form.names is None and not snapshot.nominations:
        nodes, looked = form.first(enough(len(snapshot.nodes)), snapshot.turn)
        snapshot.take_turns(looked)
        return (nodes[best(form, nodes, ())], alike) if nodes else None
    fits: list[tuple[NodeInfo, T]] = []
    most = enough(len(snapshot.nodes)) if alike is not None else _ENOUGH
    for node in _candidates(snapshot, form, claims):
        if not is_left(node):
            continue
        found = claims.on(node)
        if found is not None:
            fits.append((node, found))
            if len(fits) >= most:
                break
    if not fits:
        return None
    nodes = [node for node, _ in fits]
    return fits[best(form, nodes, [claims.worth(found) for _, found in fits], volumes)]


def _candidates(snapshot: Snapshot, form: Form, claims: Claims[T]) -> Iterator[NodeInfo]:
    """The nodes that take the pod, claims aside, and for which there is hope."""
    names = claims.only_on if form.names is None else form.names
    if names is None and claims.everywhere is None:
        # What was learned of a node's devices for one pod is good for the next: it looks at the same nodes.
        return form.fitting(claims.hopeful(snapshot.nodes))
    if names is None:
        return _in_turn(snapshot, form)
    there = (snapshot.node(name) for name in sorted(names))
    return (node for node in there if node is not None and form.fits(node))


def _in_turn(snapshot: Snapshot, form: Form) -> Iterator[NodeInfo]:
    """All that are not asked for have their turn next time."""
    start, total = snapshot.turn, len(snapshot.nodes)
    looked = total
    try:
        for node in form.fitting(start=start):
            looked = (node.index - start) % total + 1
            yield node
        looked = total
    finally:
        snapshot.take_turns(looked)
