"""What the allocator knows of a node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """Name, labels, and the features that its kubelet declares.

    A node is itself only: what was learned of it holds for this object, so that a changed node is a new one.
    """

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    declared_features: frozenset[str] = frozenset()

    def same(self, other: Node) -> bool:
        """Whether the two say the same."""
        return self is other or (
            self.name == other.name
            and self.labels == other.labels
            and self.declared_features == other.declared_features
        )
