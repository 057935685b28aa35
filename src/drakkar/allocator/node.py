"""What the allocator knows of a node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Node(NamedTuple):
    """Name, labels, and the features that its kubelet declares."""

    name: str
    labels: Mapping[str, str] = {}
    declared_features: frozenset[str] = frozenset()
