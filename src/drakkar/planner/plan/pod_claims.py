"""A pod's claims, as the choice of a node sees them: where their devices are, or could be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from drakkar.allocator import Allocated, Allocator, Failure, Node, Nodes, alternatives_score
from drakkar.api.object import Uid
from drakkar.api.resource import AllocationResult
from drakkar.placement import NodeInfo, StandingClaims
from drakkar.planner.world.members import Claim


class NoNodeHelpsError(Exception):
    """Something in what is asked for is at fault."""

    def __init__(self, node: str, failure: Failure) -> None:
        super().__init__(failure.message)
        self.node, self.failure = node, failure


class PodClaims(StandingClaims[Claim]):
    """A pod's claims, as the choice of a node sees them."""

    def __init__(
        self,
        claims: Sequence[Claim],
        allocations: Mapping[Uid, AllocationResult],
        allocator: Allocator,
        places: Mapping[str, Node],
        nodes: Nodes,
    ) -> None:
        """`nodes` are all `places`, in the order in which they are asked about."""
        self.open = [claim for claim in claims if claim.uid not in allocations]
        held = [(claim, allocations[claim.uid]) for claim in claims if claim.uid in allocations]
        super().__init__(held, [claim.struct for claim in self.open], alternatives_score)
        self.any = bool(claims)
        self._asked = allocator.asked(self.structs) if self.structs else None
        self._places = places
        self._nodes = nodes

    def out_of_reach(self, node: NodeInfo) -> list[str]:
        """The claims that have their devices where the node does not come to them."""
        return [
            f"claim {claim.label}: the allocation's node selector makes no sense: {wrong}"
            if wrong
            else f"claim {claim.label} has its devices on another node"
            for claim, wrong in self.beyond(node)
        ]

    def hopeful(self, nodes: Sequence[NodeInfo]) -> bytes | None:
        return None if self._asked is None else self._asked.hopeful(self._nodes)

    def why_not(self, node: NodeInfo) -> str:
        """What of the devices speaks against the node; nothing if nothing does."""
        return "" if self.on(node) is not None else "its devices are not to be had"

    def on(self, node: NodeInfo) -> tuple[AllocationResult, ...] | None:
        if not self.reaches(node):
            return None
        if self._asked is None:
            return ()
        outcome = self._asked.on(self._places[node.name])
        if isinstance(outcome, Failure) and not outcome.on_node:
            raise NoNodeHelpsError(node.name, outcome)
        return outcome.results if isinstance(outcome, Allocated) else None
