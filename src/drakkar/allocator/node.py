"""What the allocator knows of a node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """Name, labels, and the features that its kubelet declares.

    A node is itself only: what was learned of it holds for this object, so that a changed node is a new one.
    """

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    declared_features: frozenset[str] = frozenset()

    @classmethod
    def of(cls, obj: Mapping[str, Any]) -> Node:
        """From a Node object in its plain form."""
        metadata, declared = obj["metadata"], (obj.get("status") or {}).get("declaredFeatures") or ()
        return cls(metadata["name"], metadata.get("labels") or {}, frozenset(declared))

    def same(self, other: Node) -> bool:
        """Whether the two say the same."""
        return self is other or (
            self.name == other.name
            and self.labels == other.labels
            and self.declared_features == other.declared_features
        )
