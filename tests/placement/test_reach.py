"""Where the devices that a pod's claims have can be reached: the names that are told first never leave a node out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drakkar.api.core import Metadata, Node
from drakkar.api.node_selector import NodeSelector, NodeSelectorRequirement, NodeSelectorTerm
from drakkar.api.resource import AllocationResult
from drakkar.placement import NodeInfo
from drakkar.placement.devices.reach import Reach

NODES = [
    NodeInfo(Node(metadata=Metadata(name=name, labels={"zone": name[:1]}))) for name in ("a1", "a2", "b1")
]

_names = st.builds(
    lambda operator, name: NodeSelectorTerm(
        match_fields=(NodeSelectorRequirement(key="metadata.name", operator=operator, values=(name,)),)
    ),
    st.sampled_from(["In", "NotIn", "Maybe"]),
    st.sampled_from(["a1", "a2", "b1", "c1"]),
)
_zones = st.builds(
    lambda zone: NodeSelectorTerm(
        match_expressions=(NodeSelectorRequirement(key="zone", operator="In", values=(zone,)),)
    ),
    st.sampled_from(["a", "b"]),
)
_selectors = st.none() | st.builds(
    lambda terms: NodeSelector(node_selector_terms=tuple(terms)),
    st.lists(_names | _zones | st.just(NodeSelectorTerm()), max_size=3),
)


@given(st.lists(_selectors, max_size=3))
def test_a_node_that_is_not_among_the_names_is_out_of_reach(selectors: list[NodeSelector | None]) -> None:
    reach = Reach([(number, AllocationResult(node_selector=one)) for number, one in enumerate(selectors)])
    for node in NODES:
        if not list(reach.out_of(node)):
            assert reach.only_on is None or node.name in reach.only_on


def test_a_selector_that_makes_no_sense_reaches_nothing_and_is_told() -> None:
    wrong = NodeSelectorRequirement(key="metadata.name", operator="Maybe", values=("a1",))
    term = NodeSelectorTerm(match_fields=(wrong,))
    held = [
        ("anywhere", AllocationResult()),
        ("wrong", AllocationResult(node_selector=NodeSelector(node_selector_terms=(term,)))),
    ]
    ((claim, why),) = Reach(held).out_of(NODES[0])
    assert (claim, why) == ("wrong", "metadata.name: a field takes In or NotIn with exactly one value")
