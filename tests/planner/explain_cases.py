"""What stands against devices, case by case, with the words in which it is told."""

from __future__ import annotations

from typing import Any

from .objects import (
    Object,
    attributes,
    claim,
    device,
    device_class,
    pod,
    request,
    slice_,
)

MEMORY = 'device.capacity["gpu.example.com"].memory.compareTo(quantity("40Gi")) >= 0'
MODEL = 'device.attributes["gpu.example.com"].model == "A100"'
OLD = 'device.attributes["gpu.example.com"].?model.orValue("") == ""'
KIND = 'device.attributes["gpu.example.com"].kind == "{}"'
TAINT = [{"key": "bad", "value": "yes", "effect": "NoSchedule"}]


def uses(amount: int) -> list[Object]:
    return [{"counterSet": "chip", "counters": {"slots": {"value": str(amount)}}}]


def chip(amount: int) -> Object:
    counters = [{"name": "chip", "counters": {"slots": {"value": str(amount)}}}]
    return slice_(name="counters", count=2, sharedCounters=counters)


def taken(*devices: str) -> list[Object]:
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
        "counters of a device in use that is gone",
        "1 device (gpu.example.com/n1: d1): device d0 is in use and no longer published as it was, so that nobody knows"
        " what it takes of the pool's counters",
        "would fit if: claim ns/old gave back d0",
        given=[chip(4), slice_(device("d1", consumesCounters=uses(1)), count=2), *taken("d0")],
        wanted=[request()],
    ),
    Case(
        "a capacity of which shares hold some and that is gone",
        "shares of it hold capacity memory, which it no longer has",
        "would fit if: claim ns/sharer gave back d0",
        given=[
            slice_(device("d0", capacity={"mem": {"value": "1Gi"}}, allowMultipleAllocations=True)),
            _share("sharer", "d0", "1Gi"),
        ],
        wanted=[request()],
    ),
    Case(
        "taken",
        "wants 1 device of class gpu: 0 of 1 would do",
        "1 device (gpu.example.com/n1: d0): taken by claim ns/old (pod ns/holder)",
        given=[slice_(device("d0")), *taken("d0")],
        wanted=[request()],
    ),
    Case(
        "taken by a claim that nobody uses",
        "taken by claim ns/old (no pod uses it)",
        given=[slice_(device("d0")), taken("d0")[0]],
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
            chip(4),
            slice_(
                device("small", consumesCounters=uses(2)),
                device("large", consumesCounters=uses(3)),
                count=2,
            ),
            *taken("small"),
        ],
        wanted=[request()],
    ),
    Case(
        "partitions that would do one by one",
        "each request could be met by itself, but not together:",
        "counter chip/slots: 2 needed, 1 more than is left",
        given=[
            chip(3),
            slice_(device("a", consumesCounters=uses(2)), device("b", consumesCounters=uses(2)), count=2),
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
        given=[slice_(device("d0"), device("d1")), *taken("d1")],
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
        given=[slice_(device("d0", "24Gi", taints=TAINT)), *taken("d0")],
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
            chip(5),
            slice_(
                *(
                    device(f"p{i}", attributes=attributes(kind="part"), consumesCounters=uses(1))
                    for i in range(4)
                ),
                device("whole", attributes=attributes(kind="whole"), consumesCounters=uses(5)),
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
