"""What the claims of a pod say of nodes before any device is sought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from drakkar.api.core import Metadata, Node
from drakkar.api.node_selector import NodeSelector, NodeSelectorRequirement, NodeSelectorTerm
from drakkar.api.resource import AllocationResult, ResourceClaim
from drakkar.placement import NodeInfo, StandingClaims


@dataclass(frozen=True)
class Held:
    name: str
    struct: ResourceClaim = field(default_factory=ResourceClaim)


def on_node(name: str, operator: str = "In") -> AllocationResult:
    one = NodeSelectorRequirement(key="metadata.name", operator=operator, values=(name,))
    return AllocationResult(
        node_selector=NodeSelector(node_selector_terms=(NodeSelectorTerm(match_fields=(one,)),))
    )


def score(claims: Sequence[ResourceClaim], results: Sequence[AllocationResult]) -> int:
    assert len(claims) == len(results)
    return len(claims)


def node(name: str) -> NodeInfo:
    return NodeInfo(Node(metadata=Metadata(name=name)))


def test_claims_with_devices_keep_the_pod_where_these_are() -> None:
    near, far, odd = Held("near"), Held("far"), Held("odd")
    held = [(near, on_node("a")), (far, on_node("b")), (odd, on_node("a", "Near"))]
    claims = StandingClaims(held, [], score)
    assert claims.only_on == frozenset()
    ((first, why), (second, wrong)) = claims.beyond(node("a"))
    assert (first, why, second) == (far, "", odd) and "In or NotIn" in wrong
    assert not claims.reaches(node("a"))
    assert StandingClaims([(near, on_node("a"))], [], score).reaches(node("a"))


def test_what_is_allocated_counts_only_beside_what_is_sought() -> None:
    held = [(Held("a"), AllocationResult()), (Held("b"), AllocationResult())]
    assert StandingClaims(held, [ResourceClaim()], score).worth([AllocationResult()]) == 3
    assert StandingClaims(held, [], score).worth([]) == 0
