"""Why the nodes do not take pods of a form and a priority, counted, and where others could help by leaving."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from drakkar.api.object import ObjectKey
from drakkar.placement.form import Form
from drakkar.placement.node.node_info import NodeInfo
from drakkar.placement.preemption.nominations import Nominations
from drakkar.placement.preemption.trial import with_guests
from drakkar.placement.reason import LASTING, PORTS_TAKEN, counted_by
from drakkar.placement.volumes.pod_volumes import PodVolumes

# What a node is to the pods: not known, one that takes them, one that takes them whoever leaves or not at all, one that may.
UNKNOWN, TAKES, NEVER, MAY = 0, 1, 2, 3


class Refusals:
    """To be asked after `refresh`; good until the next event."""

    def __init__(
        self,
        form: Form,
        priority: int,
        nodes: Sequence[NodeInfo],
        nominations: Nominations,
        volumes: PodVolumes | None = None,
    ) -> None:
        """With `volumes` they are those of one pod alone."""
        self._volumes = volumes
        self._form, self._priority, self._nodes, self._nominations = form, priority, nodes, nominations
        self.kinds = bytearray(len(nodes))
        self.texts: list[frozenset[str]] = [frozenset()] * len(nodes)
        self.counted: Counter[str] = Counter()
        self._same: dict[frozenset[str], frozenset[str]] = {}
        self._stale: set[int] = set(range(len(nodes)))
        self._linked = False

    def changed(self, node: NodeInfo) -> None:
        """The node is another, or other pods are there or wait for it."""
        self._stale.add(node.index)

    def refresh(self) -> Iterable[int]:
        """Look again at what has changed: the positions of those nodes."""
        if not self._stale:
            return ()
        linked = self._form.neighbours.matter
        # By rules between pods an event on one node changes what is said of others.
        stale = range(len(self._nodes)) if linked or self._linked else sorted(self._stale)
        self._linked, self._stale = linked, set()
        for index in stale:
            self.counted.subtract(self.texts[index])
            self.kinds[index], texts = self.of(self._nodes[index])
            # Most nodes have the same few.
            self.texts[index] = self._same.setdefault(texts, texts)
            self.counted.update(self.texts[index])
        return stale

    def of(self, node: NodeInfo, asking: ObjectKey | None = None) -> tuple[int, frozenset[str]]:
        """What a node is to the pods, or to the one that is `asking` and may wait for it itself; and what it is counted by."""
        guests = self._nominations.guests(node.name, self._priority, asking)
        texts = counted_by(with_guests(self._form, node, guests, self._volumes))
        if not texts:
            return TAKES, texts
        if texts & LASTING:
            return NEVER, texts
        short = PORTS_TAKEN not in texts and not node.could_hold(self._form.needs, self._form.backing.names)
        return NEVER if short else MAY, texts
