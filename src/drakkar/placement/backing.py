"""What a pod asks for that DeviceClasses stand for: on a node that has none of it, devices are to be allocated (KEP-5004)."""

from __future__ import annotations

from collections.abc import Sequence

from drakkar.api.extended_resources import ExtendedClasses

from .node_info import Needs, NodeInfo

# The resources that are to come from devices.
Names = frozenset[str]


class Backing:
    """For one form of pod; `classes` are those that stand for what it asks for."""

    def __init__(self, needs: Needs, known: ExtendedClasses, nodes: Sequence[NodeInfo]) -> None:
        found = {name: known.class_of(name) for name in needs.amounts}
        self.classes = {name: class_ for name, class_ in found.items() if class_ is not None}
        self.names: Names = frozenset(self.classes)
        self._nodes = nodes
        self._where: dict[Names, bytes] | None = None

    def on(self, node: NodeInfo) -> Names:
        """What is to come from devices on the node; the rest it has itself, as a device plugin tells it."""
        if not self.names:
            return self.names
        return frozenset(name for name in self.names if not node.allocatable.get(name))

    @property
    def where(self) -> dict[Names, bytes]:
        """By what is to come from devices, a byte for each node: 1 where that is so."""
        if self._where is None:
            rows: dict[Names, bytearray] = {}
            for index, node in enumerate(self._nodes):
                row = rows.setdefault(self.on(node), bytearray(len(self._nodes)))
                row[index] = 1
            self._where = {names: bytes(row) for names, row in rows.items()}
        return self._where

    def node_changed(self) -> None:
        """A node has other resources now."""
        self._where = None
