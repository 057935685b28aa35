"""Room on nodes, the choice of nodes by pods, and which of those that will do is the best."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.api.core import Pod
from drakkar.api.quantity import QuantityError
from drakkar.api.resource import decode
from drakkar.placement import Needs, NodeInfo, Snapshot, best
from drakkar.placement.node.amounts import needs

from .objects import node, pod

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def texts(one: Pod, *nodes_with_pods: tuple[Any, list[Pod]]) -> list[list[str]]:
    """By node the reasons against a pod."""
    snapshot = Snapshot()
    for there, pods in nodes_with_pods:
        snapshot.set_node(there)
        for index, other in enumerate(pods):
            snapshot.put((there.metadata.name, f"{other.metadata.name}-{index}"), other, there.metadata.name)
    form = snapshot.form(one)
    return [[reason.text for reason in form.objections(there)] for there in snapshot.nodes]


def test_processors_memory_and_pods_run_out() -> None:
    there = node(allocatable={"cpu": "2", "pods": "2"})
    assert texts(pod(cpu="1500m"), (there, [pod(cpu="500m")])) == [[]]
    assert texts(pod(cpu="1501m"), (there, [pod(cpu="500m")])) == [["Insufficient cpu"]]
    assert texts(pod(), (there, [pod(), pod()])) == [["Too many pods"]]
    assert texts(pod(memory="1"), (there, [])) == [["Insufficient memory"]]


def test_a_node_that_states_nothing_takes_no_pods() -> None:
    assert texts(pod(), (node(allocatable={}), [])) == [["Too many pods"]]
    assert NodeInfo(node(allocatable={})).lacks(Needs(pod()))[0].told == (
        "the node does not say how many pods it takes (status.allocatable.pods)"
    )


def test_sidecars_add_to_the_init_containers_after_them() -> None:
    def container(cpu: str, **more: str) -> dict[str, Any]:
        return {"resources": {"requests": {"cpu": cpu}}, **more}

    init = [container("1", restartPolicy="Always"), container("3")]
    made = {"metadata": {"name": "p"}, "spec": {"containers": [container("1")], "initContainers": init}}
    assert needs(decode(Pod, made).spec) == {"cpu": 4000}


def test_what_the_pod_as_a_whole_asks_for_counts_instead_and_overhead_is_added() -> None:
    spec = pod(cpu="1", resources={"requests": {"cpu": "3"}}, overhead={"cpu": "250m", "memory": "1"}).spec
    assert needs(spec) == {"cpu": 3250, "memory": 1}


def test_an_amount_that_is_none_is_told() -> None:
    with pytest.raises(QuantityError, match="'much' is not a quantity"):
        Snapshot().form(pod(cpu="much"))


def choosing(operator: str, *values: str) -> Pod:
    terms = [{"matchExpressions": [{"key": "gen", "operator": operator, "values": list(values)}]}]
    return pod(affinity={"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": terms}}})


@pytest.mark.parametrize(
    ("label", "bound", "fits"),
    [
        ("10", "5", True),
        ("5", "5", False),
        ("+10", "5", True),
        ("0000000000000000000000000000010", "5", True),
        # Python reads these, Kubernetes does not.
        ("1_0", "5", False),
        (" 10", "5", False),
        ("9223372036854775808", "5", False),
        ("10", "9223372036854775808", False),
    ],
)
def test_node_affinity_compares_integers_of_64_bits(label: str, bound: str, fits: bool) -> None:
    mismatch = [] if fits else ["node(s) didn't match Pod's node affinity/selector"]
    assert texts(choosing("Gt", bound), (node(labels={"gen": label}), [])) == [mismatch]


def test_a_term_that_makes_no_sense_keeps_no_other_from_matching() -> None:
    terms = [
        {"matchExpressions": [{"key": "gen", "operator": "Near", "values": ["1"]}]},
        {"matchExpressions": [{"key": "gen", "operator": "Exists"}]},
    ]
    wanting = pod(affinity={"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": terms}}})
    assert texts(wanting, (node(labels={"gen": "1"}), []))[0] == []
    assert texts(wanting, (node(), []))[0]


def test_host_ports_clash_by_address_and_protocol() -> None:
    def serving(port: int, **more: Any) -> Pod:
        return pod(ports=[{"containerPort": 1, "hostPort": port, **more}])

    taken = ["node(s) didn't have free ports for the requested pod ports"]
    assert texts(serving(80), (node(), [serving(80)])) == [taken]
    assert texts(serving(80, hostIP="10.0.0.1"), (node(), [serving(80)])) == [taken]
    assert texts(serving(80, hostIP="10.0.0.1"), (node(), [serving(80, hostIP="10.0.0.2")])) == [[]]
    assert texts(serving(80, protocol="UDP"), (node(), [serving(80)])) == [[]]
    assert texts(serving(80), (node(), [serving(81)])) == [[]]


def test_pod_affinity_starts_with_itself_and_anti_affinity_binds_both_ways() -> None:
    rule = {REQUIRED: [{"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "x"}}}]}
    app = {"app": "x"}
    near, apart = (
        pod(labels=app, affinity={"podAffinity": rule}),
        pod(labels=app, affinity={"podAntiAffinity": rule}),
    )
    here, there = node("h", {"zone": "1"}), node("t", {"zone": "2"})
    assert texts(near, (here, [])) == [[]]
    assert texts(near, (here, []), (there, [pod(labels=app)])) == [
        ["node(s) didn't match pod affinity rules"],
        [],
    ]
    assert texts(apart, (here, [pod(labels=app)])) == [["node(s) didn't match pod anti-affinity rules"]]
    unwanted = ["node(s) didn't satisfy existing pods anti-affinity rules"]
    assert texts(pod(labels=app), (here, [apart])) == [unwanted]


def test_several_affinity_terms_want_one_pod_that_all_select() -> None:
    terms = [{"topologyKey": "zone", "labelSelector": {"matchLabels": {key: "x"}}} for key in ("app", "tier")]
    wanting = pod(affinity={"podAffinity": {REQUIRED: terms}})
    here = node("h", {"zone": "1"})
    two = [pod("a", {"app": "x"}), pod("b", {"tier": "x"})]
    assert texts(wanting, (here, two)) == [["node(s) didn't match pod affinity rules"]]
    assert texts(wanting, (here, [pod(labels={"app": "x", "tier": "x"})])) == [[]]


def spread(**more: Any) -> Pod:
    constraint = {
        "maxSkew": 1,
        "topologyKey": "zone",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "x"}},
        **more,
    }
    return pod(labels={"app": "x"}, topologySpreadConstraints=[constraint])


def test_topology_spread() -> None:
    here, there, nowhere = node("h", {"zone": "1"}), node("t", {"zone": "2"}), node("x")
    one = [pod(labels={"app": "x"})]
    skewed = ["node(s) didn't match pod topology spread constraints"]
    missing = [skewed[0] + " (missing required label)"]
    assert texts(spread(), (here, one), (there, []), (nowhere, [])) == [skewed, [], missing]
    assert texts(spread(maxSkew=2), (here, one), (there, [])) == [[], []]
    assert texts(spread(whenUnsatisfiable="ScheduleAnyway"), (here, one), (there, [])) == [[], []]
    # With fewer domains than there are to be, the fewest is none.
    assert texts(spread(minDomains=3), (here, one), (there, one)) == [skewed, skewed]


def chosen(one: Pod, *nodes: Any) -> str:
    snapshot = Snapshot()
    for there in nodes:
        snapshot.set_node(there)
    form = snapshot.form(one)
    fits = list(form.fitting())
    return fits[best(form, fits, [0] * len(fits))].name


def test_the_node_with_the_most_room_is_the_best_as_upstream_counts() -> None:
    small = node("a", allocatable={"cpu": "3", "memory": "4Gi", "pods": "10"})
    lopsided = node("b", allocatable={"cpu": "12", "memory": "2Gi", "pods": "10"})
    # 66 + 75 is 70 of 100 and balanced; 91 + 50 is 70 too, and the pod leaves it lopsided.
    assert chosen(pod(cpu="1", memory="1Gi"), small, lopsided) == "a"
    tainted = node("0", taints=[{"key": "k", "effect": "PreferNoSchedule"}])
    assert chosen(pod(), tainted, node("1")) == "1"
    liking = {
        "preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": 1, "preference": {"matchExpressions": [{"key": "z", "operator": "Exists"}]}}
        ]
    }
    assert chosen(pod(affinity={"nodeAffinity": liking}), node("0"), node("1", {"z": ""})) == "1"


def test_a_pod_that_is_made_smaller_counts_as_it_was_until_it_is() -> None:
    def resized(asked: str, *statuses: dict[str, Any], **condition: str) -> Pod:
        containers = [{"name": "c", "resources": {"requests": {"cpu": asked}}}]
        status = {"containerStatuses": [{"name": "c", **one} for one in statuses], "conditions": [condition]}
        there = {"metadata": {"name": "there", "namespace": "default"}, "spec": {"containers": containers}}
        return decode(Pod, {**there, "status": status})

    def left(there: Pod) -> list[str]:
        return texts(pod(cpu="1"), (node(), [there]))[0]

    given = {"allocatedResources": {"cpu": "3500m"}, "resources": {"requests": {"cpu": "3500m"}}}
    assert left(resized("3")) == [] and left(resized("2", given)) != []
    shrinking = {"allocatedResources": {"cpu": "2"}, "resources": {"requests": {"cpu": "3500m"}}}
    assert left(resized("2", shrinking)) != []
    small = {"allocatedResources": {"cpu": "2"}, "resources": {"requests": {"cpu": "2"}}}
    assert left(resized("4", small)) != []
    assert left(resized("4", small, type="PodResizePending", reason="Infeasible")) == []
