"""What the allocator knows of a node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from drakkar.api import core


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """Name, labels, and the features that its kubelet declares.

    A node is itself only: what was learned of it holds for this object, so that a changed node is a new one.
    """

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    declared_features: frozenset[str] = frozenset()

    @classmethod
    def of(cls, node: core.Node) -> Node:
        """From a Node object."""
        return cls(node.metadata.name, node.metadata.labels, frozenset(node.status.declared_features))

    def same(self, other: Node) -> bool:
        """Whether the two say the same."""
        return self is other or (
            self.name == other.name
            and self.labels == other.labels
            and self.declared_features == other.declared_features
        )
