"""The node that a pod gets: of the first that will do the best, devices included where it has claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from drakkar.api.object import ObjectKey

from .form import Form
from .node_info import NodeInfo
from .pod_volumes import PodVolumes
from .ranking import best
from .snapshot import Snapshot
from .trial import with_guests

# Of no more nodes that will do the best is looked for; upstream looks at this many at least.
_ENOUGH = 100
T = TypeVar("T")


class Claims(Protocol[T]):
    """What the pod's claims have to say about nodes; T is what would be allocated on one."""

    @property
    def only_on(self) -> frozenset[str] | None:
        """The nodes that what is allocated already leaves, where it names them."""

    def hopeful(self, nodes: Sequence[NodeInfo]) -> bytes | None:
        """A byte for each node, 0 where it is known that there are no devices; None where there is no telling."""

    def on(self, node: NodeInfo) -> T | None:
        """What would be allocated on the node, None where that cannot be. Whatever it raises ends the choice."""

    def worth(self, found: T) -> int:
        """How good that is among what was asked for."""


def choose(
    snapshot: Snapshot,
    form: Form,
    claims: Claims[T],
    volumes: PodVolumes | None,
    asking: ObjectKey,
    priority: int,
) -> tuple[NodeInfo, T] | None:
    """The node that the pod waits for, if it will do. Ties go to the first in the order of names; None where no node will do.
    `volumes` are those of the pod, if any matter. Room that more important pods wait for is theirs.
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
    fits: list[tuple[NodeInfo, T]] = []
    for node in _candidates(snapshot, form, claims):
        if not is_left(node):
            continue
        found = claims.on(node)
        if found is not None:
            fits.append((node, found))
            if len(fits) >= _ENOUGH:
                break
    if not fits:
        return None
    nodes = [node for node, _ in fits]
    return fits[best(form, nodes, [claims.worth(found) for _, found in fits], volumes)]


def _candidates(snapshot: Snapshot, form: Form, claims: Claims[T]) -> Iterator[NodeInfo]:
    """The nodes that take the pod, claims aside, and for which there is hope."""
    names = claims.only_on if form.names is None else form.names
    if names is None:
        return form.fitting(claims.hopeful(snapshot.nodes))
    there = (snapshot.node(name) for name in sorted(names))
    return (node for node in there if node is not None and form.fits(node))
