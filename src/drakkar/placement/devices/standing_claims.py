"""What of a pod's claims decides about nodes, whoever places the pod: those that have devices, and what a choice is worth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from drakkar.api.resource import AllocationResult, ResourceClaim
from drakkar.placement.devices.reach import Reach
from drakkar.placement.node.node_info import NodeInfo


class _Claim(Protocol):
    @property
    def struct(self) -> ResourceClaim: ...


C = TypeVar("C", bound=_Claim)
# How good the alternatives are that allocations chose, claim by claim: the allocator's, which this room does not know.
AlternativesScore = Callable[[Sequence[ResourceClaim], Sequence[AllocationResult]], int]


class StandingClaims(Generic[C]):
    """`structs` are the claims for which devices are sought. What is said of a node by these, its subclasses say."""

    def __init__(
        self,
        held: Sequence[tuple[C, AllocationResult]],
        structs: list[ResourceClaim],
        score: AlternativesScore,
    ) -> None:
        self._reach = Reach(held)
        self.structs = structs
        self._score = score
        # What is allocated counts as well, for every node the same; where nothing is sought no node is better than another.
        self._standing = score([one.struct for one, _ in held], [has for _, has in held]) if structs else 0

    @property
    def speak_of_nodes(self) -> bool:
        """Whether it matters to them which node it is."""
        return bool(self.structs) or self._reach.bounded

    @property
    def only_on(self) -> frozenset[str] | None:
        """The nodes that what is allocated already leaves, where it names them."""
        return self._reach.only_on

    def beyond(self, node: NodeInfo) -> Iterator[tuple[C, str]]:
        """The claims whose devices cannot be reached from the node, each with what is wrong with its allocation's node
        selector, if that is why.
        """
        return self._reach.out_of(node)

    def reaches(self, node: NodeInfo) -> bool:
        """Whether the node comes to all that is allocated."""
        return next(self.beyond(node), None) is None

    def worth(self, found: Sequence[AllocationResult]) -> int:
        """How good allocations for `structs` are among what was asked for."""
        return self._standing + self._score(self.structs, found) if self.structs else 0
