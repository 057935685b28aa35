from __future__ import annotations

import json

import msgspec
import pytest

from drakkar.api.features import Features
from drakkar.planner import SubjectNotFoundError, explain, plan
from drakkar.planner.report.explanation_text import explanation_text
from drakkar.planner.report.node_explainer import NodeExplainer
from drakkar.planner.report.plan_text import plan_text

from .explain_cases import CASES, MEMORY, MODEL, TAINT, Case, chip, taken, uses
from .objects import (
    attributes,
    claim,
    device,
    device_class,
    node,
    pod,
    pod_spec,
    request,
    slice_,
    template,
    workload,
    world,
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_reason_is_told_in_words(case: Case) -> None:
    objects = [node(), device_class(), *case.given, claim("c", *case.wanted, **case.spec), pod("p", "c")]
    found = explain(world(*objects), "p")
    assert not found.good
    text = explanation_text(found)
    for line in case.lines:
        assert line in text, text


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_claim_is_explained_without_a_pod_too(case: Case) -> None:
    objects = [node(), device_class(), *case.given, claim("c", *case.wanted, **case.spec)]
    found = explain(world(*objects), "claim/c")
    assert not found.good
    text = explanation_text(found)
    for line in case.lines:
        assert line in text, text


def test_what_the_scheduler_could_not_do_is_told_first() -> None:
    waiting = pod("p", "c")
    message = "no answer in time; devices of default/c stay taken until it is certain that the allocation was not stored"
    condition = {"type": "PodScheduled", "status": "False", "reason": "SchedulerError", "message": message}
    waiting["status"] = {"conditions": [condition]}
    objects = [node(), device_class(), slice_(device("d0", "24Gi")), claim("c", request("r")), waiting]
    text = explanation_text(explain(world(*objects), "p"))
    assert f"its scheduler could not do so at its last try: {message}" in text.splitlines()
    condition["reason"] = "Unschedulable"
    assert "its scheduler" not in explanation_text(explain(world(*objects), "p"))


def test_a_thousand_equal_devices_take_one_line() -> None:
    slices = [
        slice_(*(device(f"d{part}-{i}", "24Gi") for i in range(125)), name=f"s{part}", count=8)
        for part in range(8)
    ]
    objects = [node(), device_class(), *slices, claim("c", request("r", MEMORY)), pod("p", "c")]
    text = explanation_text(explain(world(*objects), "p"))
    assert "1,000 devices (gpu.example.com/n1: d0-0, d0-1, d0-2 and 997 more)" in text
    assert len(text.splitlines()) < 10


def test_a_thousand_equal_nodes_are_told_once() -> None:
    names = [f"n{index:04}" for index in range(300)]
    objects = [device_class(), claim("c", request("r", MEMORY)), pod("p", "c")]
    objects += [node(name) for name in names]
    objects += [slice_(device("d0", "24Gi"), node=name) for name in names]
    text = explanation_text(explain(world(*objects), "p"))
    assert "300 nodes (n0000, n0001, n0002 and 297 more), shown for n0000" in text
    assert len(text.splitlines()) < 10


def test_devices_that_differ_in_what_a_selector_saw_take_a_bounded_number_of_lines() -> None:
    devices = [device(f"d{i}", f"{i + 1}Mi") for i in range(100)]
    objects = [node(), device_class(), slice_(*devices), claim("c", request("r", MEMORY)), pod("p", "c")]
    text = explanation_text(explain(world(*objects), "p"))
    assert "92 devices more" in text
    assert len(text.splitlines()) < 16


def test_the_state_that_is_explained_is_the_one_the_pod_came_into() -> None:
    objects = [node(), device_class(), slice_(device("d0"), device("d1")), template("t")]
    there = world(*objects, workload("Deployment", "w", "t", replicas=3))
    found = explain(there, "w-1")
    assert found.good
    assert found.pods[0].claims[0].devices[0].device == "d1"
    last = explanation_text(explain(there, "deployment/w"))
    assert "taken by claim ns/w-0-own (pod ns/w-0), claim ns/w-1-own (pod ns/w-1)" in last


def test_pods_of_one_workload_are_told_with_their_own_claims() -> None:
    objects = [node(), device_class(), template("t"), workload("Deployment", "w", "t", replicas=2)]
    found = explain(world(*objects), "w")
    assert [pod.nodes[0].requests[0].claim for pod in found.pods] == ["ns/w-0-own", "ns/w-1-own"]


def test_a_placed_pod_is_told_where_else_it_would_fit_and_why_not_there() -> None:
    objects = [
        node("n1"),
        node("n2"),
        node("n3", taints=TAINT),
        device_class(),
        slice_(device("d"), node="n1"),
        slice_(device("d"), node="n2"),
        claim("c"),
        pod("p", "c"),
    ]
    text = explanation_text(explain(world(*objects), "p"))
    assert "can be placed: node n1" in text
    assert "would fit on n2 too" in text
    assert "node taint bad=yes:NoSchedule is not tolerated" in text


def test_the_node_where_the_least_has_to_change_is_named() -> None:
    objects = [
        *(node(f"n{index}") for index in range(1, 5)),
        device_class(),
        slice_(*(device(f"d{i}", "24Gi") for i in range(4)), node="n1"),
        slice_(*(device(f"d{i}", "80Gi") for i in range(2)), node="n2"),
        slice_(*(device(f"d{i}", "80Gi") for i in range(3)), node="n3"),
        slice_(*(device(f"d{i}", "24Gi", taints=TAINT) for i in range(4)), node="n4"),
        claim("c", request("r", MEMORY, count=4)),
        pod("p", "c"),
    ]
    told = "the request asked for 3 devices instead of 4"
    found = explain(world(*objects), "p")
    assert f"the least has to change on node n3: would fit if: {told}" in explanation_text(found)
    assert found.pods[0].reason.endswith(f"; node n3 would fit if: {told}")
    assert plan_text(plan(world(*objects))).count(f"node n3 would fit if: {told}") == 1
    changes = [[(one.kind, one.amount) for one in one.would_fit_if] for one in found.pods[0].nodes]
    assert changes == [
        [("selector", "")],
        [("count", "2")],
        [("count", "3")],
        [("toleration", ""), ("selector", "")],
    ]


def test_a_pod_that_has_a_place_is_not_told_what_would_have_to_change_elsewhere_as_the_least() -> None:
    objects = [node("n1"), node("n2"), node("n3"), device_class(), claim("c"), pod("p", "c")]
    objects += [slice_(device("d"), node="n1"), slice_(device("d", taints=TAINT), node="n2")]
    text = explanation_text(explain(world(*objects), "p"))
    assert "can be placed: node n1" in text
    assert "would fit if: taint bad=yes:NoSchedule were tolerated" in text
    assert "the least has to change" not in text


def test_pods_of_a_workload_with_two_claims_are_told_with_their_own_names() -> None:
    objects = [node(), device_class(), slice_(device("d0")), template("t")]
    spec = pod_spec(template="t")
    spec["resourceClaims"].append({"name": "more", "resourceClaimTemplateName": "t"})
    made = workload("Deployment", "w", replicas=2)
    made["spec"]["template"]["spec"] = spec
    found = explain(world(*objects, made), "w")
    for index, told in enumerate(found.pods):
        [change] = told.nodes[0].would_fit_if
        assert change.claim == f"ns/w-{index}-more"
        assert change.text == f"request r of claim ns/w-{index}-more were left out"


def test_a_request_for_all_devices_goes_without_those_that_do_not_suit_it() -> None:
    """Which those are the allocator says: here a device that is too small, and one in use that is not of the class."""
    devices = [
        device("small", "1Gi", attributes=attributes(model="A100")),
        device("other", "4Gi", attributes=attributes(model="B")),
        device("good", "4Gi", attributes=attributes(model="A100")),
    ]
    everything = request("all", MODEL, allocationMode="All")
    everything["exactly"]["capacity"] = {"requests": {"memory": "2Gi"}}
    wanted = claim("c", everything, request("one", MEMORY))
    objects = [node(), device_class(), slice_(*devices), *taken("other"), wanted, pod("p", "c")]
    [found] = explain(world(*objects), "p").pods[0].nodes
    first, second = found.requests
    assert [one.passed_over for one in first.rejected] == [True, True] and first.enough
    assert not second.enough
    assert "request all" not in explanation_text(explain(world(*objects), "p"))


def test_what_was_found_is_there_for_programs() -> None:
    given = [slice_(device("d0", "24Gi", taints=TAINT)), *taken("d0")]
    objects = [node(), device_class(), *given, claim("c", request("r", MEMORY)), pod("p", "c")]
    plain = json.loads(msgspec.json.encode(explain(world(*objects), "p")))
    [found] = plain["pods"][0]["nodes"]
    [rejected] = found["requests"][0]["rejected"]
    assert [one["kind"] for one in rejected["also"]] == ["selector", "taint"]
    assert found["wouldFitIf"] == [
        {
            "kind": "toleration",
            "text": "taint bad=yes:NoSchedule were tolerated",
            "claim": "ns/c",
            "request": "r",
            "subject": "bad=yes:NoSchedule",
        },
        {
            "kind": "selector",
            "text": f"selector #0 of the request ({MEMORY}) were dropped",
            "claim": "ns/c",
            "request": "r",
            "subject": "0",
        },
        {
            "kind": "holder",
            "text": "claim ns/old gave back d0",
            "holders": [{"claim": "ns/old", "pods": ["ns/holder"]}],
            "devices": ["gpu.example.com/n1/d0"],
        },
    ]


def test_conflicts_are_there_for_programs() -> None:
    devices = [device(f"a{i}", attributes=attributes(model=model)) for i, model in enumerate("XXY")]
    wanted = claim("c", request("r", count=3), constraints=[{"matchAttribute": "gpu.example.com/model"}])
    found = explain(world(node(), device_class(), slice_(*devices), wanted, pod("p", "c")), "p")
    [conflict] = found.pods[0].nodes[0].conflicts
    assert (conflict.constraint, conflict.attribute) == (0, "gpu.example.com/model")
    assert conflict.requests == ("r", "r")
    assert conflict.devices == ("gpu.example.com/n1/a0", "gpu.example.com/n1/a2")
    assert conflict.values == ('"X"', '"Y"')


def test_where_nothing_small_helps_that_is_said() -> None:
    objects = [node(), device_class(), slice_(*(device(f"d{i}", taints=TAINT) for i in range(2)))]
    objects += [claim("old", devices=["d0"]), claim("older", devices=["d1"])]
    objects += [claim("c", request("r1"), request("r2")), pod("p", "c")]
    text = explanation_text(explain(world(*objects), "p"))
    assert "no 3 changes or fewer would make it fit" in text and "would fit if" not in text


def test_a_search_without_end_is_given_up_and_says_so() -> None:
    devices = (device(f"d{index}", consumesCounters=uses(2)) for index in range(2))
    objects = [node(), device_class(), chip(3), slice_(*devices, count=2)]
    there = world(*objects, claim("c", request("r1"), request("r2")))
    explainer = NodeExplainer(
        there.inventory, there.ledger(), Features.default(), lambda key: (), step_limit=3
    )
    found = explainer.explain([there.claims["ns", "c"].struct], there.places["n1"])
    assert found.failure == "the search was ended after 3 steps without an answer"
    assert not found.would_fit_if


def test_claims_that_have_devices_or_could() -> None:
    objects = [node(), device_class(), slice_(device("d0"), device("d1")), *taken("d0"), claim("free")]
    there = world(*objects)
    assert "has devices, used by pod ns/holder" in explanation_text(explain(there, "old"))
    assert "node n1\n  fits" in explanation_text(explain(there, "free"))
    assert explain(there, "free").good
    assert "is on node n1" in explanation_text(explain(there, "holder"))


def test_a_name_in_two_namespaces_needs_the_namespace() -> None:
    other = pod("p")
    other["metadata"]["namespace"] = "other"
    there = world(node(), pod("p"), other)
    with pytest.raises(SubjectNotFoundError, match="namespaces ns, other"):
        explain(there, "p")
    assert explain(there, "p", "other").pods[0].namespace == "other"
    with pytest.raises(
        SubjectNotFoundError, match="no pod or claim q in namespace ns in the input; there are p"
    ):
        explain(there, "q", "ns")
    with pytest.raises(SubjectNotFoundError, match="'thing' is no kind"):
        explain(there, "thing/q")


def test_a_pod_that_names_a_claim_twice_is_listed_once() -> None:
    held = claim("held", request(), devices=["d0"])
    running = pod("runs", "held", "held", nodeName="n1")
    there = world(node(), device_class(), slice_(device("d0")), held, running)
    assert "used by pod ns/runs" in explanation_text(explain(there, "held"))
    there = world(node(), device_class(), slice_(device("d0")), claim("c", request()), pod("p", "c", "c"))
    state = explain(there, "claim/c").claim
    assert state is not None and state.users == ("ns/p",)


def test_a_scheduler_that_nobody_knows_is_told_of() -> None:
    there = world(
        node(), device_class(), slice_(device("d0")), claim("c"), pod("p", "c", schedulerName="mine")
    )
    text = explanation_text(explain(there, "p"))
    assert "its scheduler is mine, of which nothing is known here" in text
    assert any("scheduler mine" in note for note in plan(there).notes)
    usual = world(node(), pod("p", schedulerName="default-scheduler"))
    assert "its scheduler" not in explanation_text(explain(usual, "p"))


def test_a_search_that_fails_is_told_with_the_pods_own_claims() -> None:
    objects = [node(), device_class(), slice_(device("d0")), template("t", request("r", "1 / 0 == 1"))]
    found = explain(world(*objects, workload("Deployment", "w", "t", replicas=2)), "w")
    for index, told in enumerate(found.pods):
        assert f"claim ns/w-{index}-own" in told.nodes[0].failure
        assert [one.claim for one in told.nodes[0].requests] == [f"ns/w-{index}-own"]
