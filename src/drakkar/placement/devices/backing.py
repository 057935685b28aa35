"""What a pod asks for that DeviceClasses stand for: on a node that has none of it, devices are to be allocated (KEP-5004)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from drakkar.api.extended_resources import ExtendedClasses
from drakkar.placement.node.node_info import Needs, NodeInfo

# The resources that are to come from devices.
Names = frozenset[str]
V = TypeVar("V")


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


class Variants(Generic[V]):
    """What one pod's claim for extended resources is: another one for nodes that have other resources themselves."""

    def __init__(self, backing: Backing, make: Callable[[Mapping[str, str]], V]) -> None:
        """`make` gives the claim for some resources, each with the class that stands for it."""
        self._backing, self._make = backing, make
        self._made: dict[Names, V | None] = {frozenset(): None}

    def on(self, node: NodeInfo) -> V | None:
        """The claim that is to be made on the node; None where the node has all by itself."""
        return self._of(self._backing.on(node))

    def hopeful(self, of: Callable[[V | None], bytes | None]) -> bytes:
        """A byte for each node: 0 where `of` says so of the claim that is to be made there; it says None of all nodes if
        there is no telling.
        """
        total, length = 0, 0
        for names, row in self._backing.where.items():
            found, length = of(self._of(names)), len(row)
            here = int.from_bytes(row, "little")
            total |= here if found is None else here & int.from_bytes(found, "little")
        return total.to_bytes(length, "little")

    def _of(self, names: Names) -> V | None:
        if names not in self._made:
            classes = self._backing.classes
            self._made[names] = self._make({name: classes[name] for name in names})
        return self._made[names]
