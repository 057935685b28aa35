from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from drakkar.api.features import Features
from drakkar.planner import NotFound, explain, plan
from drakkar.planner.explain import Explainer
from drakkar.planner.report import explanation_text, plan_text

from .objects import (
    Object,
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

MEMORY = 'device.capacity["gpu.example.com"].memory.compareTo(quantity("40Gi")) >= 0'
MODEL = 'device.attributes["gpu.example.com"].model == "A100"'
OLD = 'device.attributes["gpu.example.com"].?model.orValue("") == ""'
KIND = 'device.attributes["gpu.example.com"].kind == "{}"'
TAINT = [{"key": "bad", "value": "yes", "effect": "NoSchedule"}]


def _uses(amount: int) -> list[Object]:
    return [{"counterSet": "chip", "counters": {"slots": {"value": str(amount)}}}]


def _chip(amount: int) -> Object:
    counters = [{"name": "chip", "counters": {"slots": {"value": str(amount)}}}]
    return slice_(name="counters", count=2, sharedCounters=counters)


def _taken(*devices: str) -> list[Object]:
    return [claim("old", devices=list(devices)), pod("holder", "old", nodeName="n1")]


def _share(name: str, one: str, amount: str) -> Object:
    found = claim(name, devices=[one])
    result = found["status"]["allocation"]["devices"]["results"][0]
    result.update(shareID=f"share-of-{name}", consumedCapacity={"memory": amount})
    return found


class Case:
    """Devices on node n1, a claim for them, and lines that the explanation must have."""

    def __init__(
        self, name: str, *lines: str, given: list[Object], wanted: list[Object], **spec: Any
    ) -> None:
        self.name, self.lines, self.given, self.wanted, self.spec = name, lines, given, wanted, spec


CASES = [
    Case(
        "taken",
        "wants 1 device of class gpu: 0 of 1 would do",
        "1 device (gpu.example.com/n1: d0): taken by claim ns/old (pod ns/holder)",
        given=[slice_(device("d0")), *_taken("d0")],
        wanted=[request()],
    ),
    Case(
        "taken by a claim that nobody uses",
        "taken by claim ns/old (no pod uses it)",
        given=[slice_(device("d0")), _taken("d0")[0]],
        wanted=[request()],
    ),
    Case(
        "a selector of the request, with what it saw",
        "2 devices (gpu.example.com/n1: d0, d1): selector of the request is false:",
        "(capacity memory is 24Gi)",
        "1 device (gpu.example.com/n1: d2): selector of the request is false:",
        "(capacity memory is 16Gi)",
        given=[slice_(device("d0", "24Gi"), device("d1", "24Gi"), device("d2", "16Gi"))],
        wanted=[request("r", MEMORY)],
    ),
    Case(
        "a selector of the class",
        f'selector of class old is false: {MODEL} (model is "H100")',
        given=[slice_(device("d0", attributes=attributes(model="H100"))), device_class("old", MODEL)],
        wanted=[request(class_="old")],
    ),
    Case(
        "an attribute that is not published and optional",
        "(model is not published)",
        given=[slice_(device("d0"))],
        wanted=[request("r", 'device.attributes["gpu.example.com"].?model.orValue("") == "x"')],
    ),
    Case(
        "a selector that fails",
        "1 device (gpu.example.com/n1: d0): selector of the request fails:",
        "no such key: model",
        "the scheduler gives the pod up, on every node",
        given=[slice_(device("d0"))],
        wanted=[request("r", MODEL)],
    ),
    Case(
        "a taint",
        "has taint bad=yes:NoSchedule that is not tolerated",
        given=[slice_(device("d0", taints=TAINT))],
        wanted=[request()],
    ),
    Case(
        "a taint by rule",
        "has taint rule:NoExecute that is not tolerated",
        given=[
            slice_(device("d0")),
            {
                "apiVersion": "resource.k8s.io/v1beta2",
                "kind": "DeviceTaintRule",
                "metadata": {"name": "rule"},
                "spec": {"deviceSelector": {"pool": "n1"}, "taint": {"key": "rule", "effect": "NoExecute"}},
            },
        ],
        wanted=[request()],
    ),
    Case(
        "an incomplete pool",
        "pool gpu.example.com/n1 is incomplete: 1 of 4 slices; none of its devices is offered",
        "no device is offered on this node",
        given=[slice_(device("d0"), count=4)],
        wanted=[request()],
    ),
    Case(
        "an invalid pool",
        "is invalid: duplicate device name d0",
        given=[slice_(device("d0"), name="a", count=2), slice_(device("d0"), name="b", count=2)],
        wanted=[request()],
    ),
    Case(
        "a counter, and whose devices use it up",
        "counter chip/slots: 3 needed, 1 more than is left; in use by claim ns/old (pod ns/holder)",
        given=[
            _chip(4),
            slice_(
                device("small", consumesCounters=_uses(2)),
                device("large", consumesCounters=_uses(3)),
                count=2,
            ),
            *_taken("small"),
        ],
        wanted=[request()],
    ),
    Case(
        "partitions that would do one by one",
        "each request could be met by itself, but not together:",
        "counter chip/slots: 2 needed, 1 more than is left",
        given=[
            _chip(3),
            slice_(device("a", consumesCounters=_uses(2)), device("b", consumesCounters=_uses(2)), count=2),
        ],
        wanted=[request("r1"), request("r2")],
    ),
    Case(
        "capacity",
        "capacity memory: 4Gi asked, 2Gi more than is left of 2Gi",
        given=[slice_(device("d0", "2Gi", allowMultipleAllocations=True))],
        wanted=[request("r", capacity={"requests": {"memory": "4Gi"}})],
    ),
    Case(
        "a capacity that the device does not have",
        "lacks a capacity that is asked for",
        given=[slice_(device("d0"))],
        wanted=[request("r", capacity={"requests": {"memory": "4Gi"}})],
    ),
    Case(
        "too few devices",
        "wants 3 devices of class gpu: 2 of 2 would do",
        given=[slice_(device("d0"), device("d1"))],
        wanted=[request("r", count=3)],
    ),
    Case(
        "two requests for one device",
        "together the requests want 2, and 1 device would do",
        given=[slice_(device("d0"))],
        wanted=[request("r1"), request("r2")],
    ),
    Case(
        "a constraint that no combination meets",
        "constraint #0 wants the same model for r; the devices that would do have"
        ' "A100" on 2 devices, "H100" on 1 device',
        given=[
            slice_(
                *(device(f"a{i}", attributes=attributes(model="A100")) for i in range(2)),
                device("h", attributes=attributes(model="H100")),
            )
        ],
        wanted=[request("r", count=3)],
        constraints=[{"matchAttribute": "gpu.example.com/model"}],
    ),
    Case(
        "an attribute that a constraint is on and no device has",
        "constraint #0 is on gpu.example.com/model, which the device does not have",
        given=[slice_(device("d0"))],
        wanted=[request()],
        constraints=[{"matchAttribute": "gpu.example.com/model"}],
    ),
    Case(
        "distinct values",
        'wants a different model for r; the devices that would do have "A100" on 2 devices',
        given=[slice_(*(device(f"a{i}", attributes=attributes(model="A100")) for i in range(2)))],
        wanted=[request("r", count=2)],
        constraints=[{"distinctAttribute": "gpu.example.com/model"}],
    ),
    Case(
        "all devices, and one is taken",
        "wants all devices of class gpu: 1 of 2 would do",
        "taken by claim ns/old",
        given=[slice_(device("d0"), device("d1")), *_taken("d1")],
        wanted=[request("r", allocationMode="All")],
    ),
    Case(
        "all devices of an incomplete pool",
        "currently being updated",
        "incomplete: 1 of 2 slices",
        given=[slice_(device("d0"), count=2)],
        wanted=[request("r", allocationMode="All")],
    ),
    Case(
        "alternatives",
        "request r/first wants 2 devices of class gpu: 1 of 1 would do",
        "request r/second wants 1 device of class gpu: 0 of 1 would do",
        given=[slice_(device("d0", "24Gi"))],
        wanted=[
            {
                "name": "r",
                "firstAvailable": [
                    {"name": "first", "deviceClassName": "gpu", "count": 2},
                    {
                        "name": "second",
                        "deviceClassName": "gpu",
                        "selectors": [{"cel": {"expression": MEMORY}}],
                    },
                ],
            }
        ],
    ),
    Case(
        "requests that want the same devices",
        "the requests want the same devices",
        given=[
            slice_(device("d0"), *(device(f"h{i}", attributes=attributes(model="H100")) for i in range(2)))
        ],
        wanted=[request("r1", OLD), request("r2", OLD), request("r3")],
    ),
    Case(
        "a node without devices",
        "no device is offered on this node",
        given=[],
        wanted=[request()],
    ),
    Case(
        "all that stands against a device, and all that would have to go",
        "taken by claim ns/old (pod ns/holder); also: selector of the request is false:",
        "(capacity memory is 24Gi); has taint bad=yes:NoSchedule that is not tolerated",
        f"would fit if: taint bad=yes:NoSchedule were tolerated and selector #0 of the request ({MEMORY})"
        " were dropped and claim ns/old gave back d0",
        given=[slice_(device("d0", "24Gi", taints=TAINT)), *_taken("d0")],
        wanted=[request("r", MEMORY)],
    ),
    Case(
        "a selector that would fail where another one is false",
        "selector of the request is false: false; also: selector of the request fails:",
        "would fit if: selector #0 of the request (false) were dropped and selector #1 of the request",
        given=[slice_(device("d0"))],
        wanted=[request("r", "false", MODEL)],
    ),
    Case(
        "devices of two requests that a constraint keeps apart",
        "constraint #0: numaNode is 0 on gpu-0, 1 on nic-2",
        "would fit if: constraint #0 (matchAttribute gpu.example.com/numaNode) were dropped",
        given=[
            slice_(
                device("gpu-0", attributes={"numaNode": {"int": 0}, "kind": {"string": "gpu"}}),
                device("nic-2", attributes={"numaNode": {"int": 1}, "kind": {"string": "nic"}}),
            )
        ],
        wanted=[request("gpu", KIND.format("gpu")), request("nic", KIND.format("nic"))],
        constraints=[{"requests": ["gpu", "nic"], "matchAttribute": "gpu.example.com/numaNode"}],
    ),
    Case(
        "fewer devices than are wanted",
        "would fit if: the request asked for 6 devices instead of 8",
        given=[slice_(*(device(f"d{i}") for i in range(6)))],
        wanted=[request("r", count=8)],
    ),
    Case(
        "less of a capacity, as the device hands it out",
        "capacity memory: 7Gi asked, 1Gi more than is left of 8Gi; in use by claim ns/old (pod ns/holder): 2Gi of 8Gi",
        "would fit if: the request asked for 6Gi of memory instead of 7Gi",
        given=[
            slice_(device("d0", "8Gi", allowMultipleAllocations=True)),
            _share("old", "d0", "2Gi"),
            pod("holder", "old", nodeName="n1"),
        ],
        wanted=[request("r", capacity={"requests": {"memory": "7Gi"}})],
    ),
    Case(
        "a counter that many claims use up together",
        "1 device (gpu.example.com/n1: whole): counter chip/slots: 5 needed, 4 more than is left;"
        " in use by claim ns/h0 (no pod uses it), claim ns/h1 (no pod uses it),"
        " claim ns/h2 (no pod uses it), claim ns/h3 (no pod uses it): 4 of 5",
        "would fit if: claims ns/h0, ns/h1, ns/h2 and ns/h3 gave back p0, p1, p2 and p3",
        given=[
            _chip(5),
            slice_(
                *(
                    device(f"p{i}", attributes=attributes(kind="part"), consumesCounters=_uses(1))
                    for i in range(4)
                ),
                device("whole", attributes=attributes(kind="whole"), consumesCounters=_uses(5)),
                count=2,
            ),
            *(claim(f"h{i}", devices=[f"p{i}"]) for i in range(4)),
            device_class("whole", KIND.format("whole")),
        ],
        wanted=[request("r", KIND.format("whole"), class_="whole")],
    ),
    Case(
        "binding conditions aside, a device of another node",
        "is on another node",
        given=[
            slice_(
                device("there", nodeName="n2"),
                device("here", nodeName="n1", taints=TAINT),
                nodeName=None,
                perDeviceNodeSelection=True,
            )
        ],
        wanted=[request()],
    ),
    Case(
        "requests of which one can be met",
        "would fit if: request r2 were left out",
        given=[slice_(device("d0"))],
        wanted=[request("r1"), request("r2")],
    ),
    Case(
        "more than a claim may have",
        "exceeds the claim limit of 32",
        given=[slice_(*(device(f"d{i}") for i in range(40)))],
        wanted=[request("r", count=33)],
    ),
]


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


def test_what_was_found_is_there_for_programs() -> None:
    given = [slice_(device("d0", "24Gi", taints=TAINT)), *_taken("d0")]
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
    devices = (device(f"d{index}", consumesCounters=_uses(2)) for index in range(2))
    objects = [node(), device_class(), _chip(3), slice_(*devices, count=2)]
    there = world(*objects, claim("c", request("r1"), request("r2")))
    explainer = Explainer(there.inventory, there.ledger(), Features.default(), lambda key: (), step_limit=3)
    found = explainer.explain([there.claims["ns", "c"].struct], there.places["n1"])
    assert found.failure == "the search was ended after 3 steps without an answer"
    assert not found.would_fit_if


def test_claims_that_have_devices_or_could() -> None:
    objects = [node(), device_class(), slice_(device("d0"), device("d1")), *_taken("d0"), claim("free")]
    there = world(*objects)
    assert "has devices, used by pod ns/holder" in explanation_text(explain(there, "old"))
    assert "node n1\n  fits" in explanation_text(explain(there, "free"))
    assert explain(there, "free").good
    assert "is on node n1" in explanation_text(explain(there, "holder"))


def test_a_name_in_two_namespaces_needs_the_namespace() -> None:
    other = pod("p")
    other["metadata"]["namespace"] = "other"
    there = world(node(), pod("p"), other)
    with pytest.raises(NotFound, match="namespaces ns, other"):
        explain(there, "p")
    assert explain(there, "p", "other").pods[0].namespace == "other"
    with pytest.raises(NotFound, match="no pod or claim q in namespace ns in the input; there are p"):
        explain(there, "q", "ns")
    with pytest.raises(NotFound, match="'thing' is no kind"):
        explain(there, "thing/q")
