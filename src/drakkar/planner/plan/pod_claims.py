"""A pod's claims, as the choice of a node sees them: where their devices are, or could be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from drakkar.allocator import Allocated, Allocator, Asked, Failure, Node, Nodes, alternatives_score
from drakkar.api.object import Uid
from drakkar.api.resource import AllocationResult, ResourceClaim
from drakkar.placement import NodeInfo, StandingClaims, Variants
from drakkar.planner.world.members import Claim


class NoNodeHelpsError(Exception):
    """Something in what is asked for is at fault."""

    def __init__(self, node: NodeInfo, failure: Failure) -> None:
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
        extended: Variants[Claim] | None = None,
    ) -> None:
        """`nodes` are all `places`, in the order in which they are asked about; `extended` is the claim that would be made for
        what DeviceClasses stand for.
        """
        self._open = [claim for claim in claims if claim.uid not in allocations]
        held = [(claim, allocations[claim.uid]) for claim in claims if claim.uid in allocations]
        super().__init__(held, [claim.struct for claim in self._open], alternatives_score)
        self._allocator, self._extended = allocator, extended
        self._asked: dict[str, Asked | None] = {}
        self.any = bool(claims) or extended is not None
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

    def sought_on(self, node: NodeInfo) -> list[Claim]:
        """The claims for which devices have to be found if the pod is to run there."""
        return self._with(None if self._extended is None else self._extended.on(node))

    def structs_on(self, node: NodeInfo) -> list[ResourceClaim]:
        """The same, as the allocator reads them."""
        return [claim.struct for claim in self.sought_on(node)]

    def _with(self, made: Claim | None) -> list[Claim]:
        return self._open if made is None else [*self._open, made]

    def _ask(self, claims: list[Claim]) -> Asked | None:
        # The last of them says which they are.
        key = claims[-1].uid if claims else ""
        if key not in self._asked:
            self._asked[key] = self._allocator.asked([one.struct for one in claims]) if claims else None
        return self._asked[key]

    @property
    def everywhere(self) -> tuple[AllocationResult, ...] | None:
        return None if self.speak_of_nodes or self._extended is not None else ()

    def hopeful(self, nodes: Sequence[NodeInfo]) -> bytes | None:

        def of(made: Claim | None) -> bytes | None:
            asked = self._ask(self._with(made))
            return None if asked is None else asked.hopeful(self._nodes)

        return of(None) if self._extended is None else self._extended.hopeful(of)

    def worth(self, found: Sequence[AllocationResult]) -> int:
        return super().worth(found[: len(self.structs)])

    def why_not(self, node: NodeInfo) -> str:
        """What of the devices speaks against the node; nothing if nothing does."""
        return "" if self.on(node) is not None else "its devices are not to be had"

    def on(self, node: NodeInfo) -> tuple[AllocationResult, ...] | None:
        if not self.reaches(node):
            return None
        asked = self._ask(self.sought_on(node))
        if asked is None:
            return ()
        outcome = asked.on(self._places[node.name])
        if isinstance(outcome, Failure) and not outcome.on_node:
            raise NoNodeHelpsError(node, outcome)
        return outcome.results if isinstance(outcome, Allocated) else None
