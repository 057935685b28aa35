from __future__ import annotations

from typing import Any

import pytest

from drakkar.planner import NotFound, explain
from drakkar.planner.report import explanation_text

from .objects import (
    Object,
    attributes,
    claim,
    device,
    device_class,
    node,
    pod,
    request,
    slice_,
    template,
    workload,
    world,
)

MEMORY = 'device.capacity["gpu.example.com"].memory.compareTo(quantity("40Gi")) >= 0'
MODEL = 'device.attributes["gpu.example.com"].model == "A100"'
OLD = 'device.attributes["gpu.example.com"].?model.orValue("") == ""'
TAINT = [{"key": "bad", "value": "yes", "effect": "NoSchedule"}]


def _uses(amount: int) -> list[Object]:
    return [{"counterSet": "chip", "counters": {"slots": {"value": str(amount)}}}]


def _chip(amount: int) -> Object:
    counters = [{"name": "chip", "counters": {"slots": {"value": str(amount)}}}]
    return slice_(name="counters", count=2, sharedCounters=counters)


def _taken(*devices: str) -> list[Object]:
    return [claim("old", devices=list(devices)), pod("holder", "old", nodeName="n1")]


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
