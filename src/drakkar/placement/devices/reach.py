"""From which nodes the devices that a pod's claims have already can be reached (dra-semantics 2.2.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from drakkar.api.node_selector import NodeSelectorError, match_terms, names_only
from drakkar.api.resource import AllocationResult
from drakkar.placement.node.node_info import NodeInfo

T = TypeVar("T")


class Reach(Generic[T]):
    """`only_on` are the nodes that are left where the allocations name them, None where they do not; T is a claim."""

    def __init__(self, held: Iterable[tuple[T, AllocationResult]]) -> None:
        self._selectors = [
            (claim, allocation.node_selector)
            for claim, allocation in held
            if allocation.node_selector is not None
        ]
        named = [names for _, selector in self._selectors if (names := names_only(selector)) is not None]
        self.only_on: frozenset[str] | None = frozenset.intersection(*named) if named else None

    @property
    def bounded(self) -> bool:
        """Whether there could be a node from which they cannot be."""
        return bool(self._selectors)

    def out_of(self, node: NodeInfo) -> Iterator[tuple[T, str]]:
        """The claims whose devices cannot be reached from the node, each with what is wrong with its allocation's node
        selector, if that is why.
        """
        for claim, selector in self._selectors:
            try:
                if not match_terms(selector, node.name, node.labels):
                    yield claim, ""
            except NodeSelectorError as error:
                yield claim, str(error)
