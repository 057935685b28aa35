"""Selectors that cost all that they may: the pods of others get their turn, and who has them gets on."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.allocator import Allocated, Allocator, Inventory, Ledger, Node, PausedError
from drakkar.api.core import Node as CoreNode
from drakkar.api.resource import DeviceClass, ResourceClaim, ResourceSlice, decode
from drakkar.cel import Selector, compile
from drakkar.client.changes import Added
from drakkar.placement import NodeInfo, Snapshot
from drakkar.scheduler.cycle import AttemptError
from drakkar.scheduler.devices import AllocatorDevices
from drakkar.scheduler.dra import Wanted

DRIVER = "gpu.example.com"
CLASS = {"metadata": {"name": "gpu"}, "spec": {}}


def dear(number: int) -> str:
    """True of every device, at most of what is allowed; no two are the same."""
    zeros = "[" + ",".join("0" for _ in range(40)) + "]"
    inner = f'a + b + c == {1000 + number} && device.driver == "x"'
    return f"!{zeros}.exists(a, {zeros}.exists(b, {zeros}.exists(c, {inner})))"


def claim(selectors: list[str]) -> dict[str, Any]:
    exactly = {
        "deviceClassName": "gpu",
        "allocationMode": "ExactCount",
        "count": 1,
        "selectors": [{"cel": {"expression": one}} for one in selectors],
    }
    requests = [{"name": "r", "exactly": exactly}]
    metadata = {"name": "c", "namespace": "ns", "uid": "u"}
    return {"metadata": metadata, "spec": {"devices": {"requests": requests}}}


def slice_() -> dict[str, Any]:
    pool = {"name": "n", "generation": 1, "resourceSliceCount": 1}
    devices = [{"name": f"d{number}", "attributes": {"id": {"int": number}}} for number in range(4)]
    spec = {"driver": DRIVER, "nodeName": "n", "pool": pool, "devices": devices}
    return {"metadata": {"name": "s"}, "spec": spec}


def test_their_cost_is_what_upstream_allows() -> None:
    found = compile(dear(0))
    assert isinstance(found, Selector) and 800_000 < found.max_cost <= 1_000_000
    assert found.effort == found.max_cost
    # For this one no Python is written.
    slow = compile('[device].exists(one, one.driver == "x")')
    assert isinstance(slow, Selector) and slow.effort == 4 * slow.max_cost


def test_each_call_gets_further() -> None:
    inventory = Inventory()
    inventory.set_class(decode(DeviceClass, CLASS))
    inventory.set_slice(decode(ResourceSlice, slice_()))
    allocator = Allocator(inventory, Ledger())
    wanted = [decode(ResourceClaim, claim([dear(number) for number in range(25)]))]
    calls = 0
    while True:
        allocator.within(10_000_000)
        calls += 1
        try:
            outcome = allocator.asked(wanted).on(Node("n"))
            break
        except PausedError:
            assert calls < 20
    assert isinstance(outcome, Allocated)
    # What reads nothing that tells devices apart is asked once, twelve of them a call.
    assert calls == 3
    # Nobody else has a bound.
    fresh = Allocator(inventory, Ledger())
    assert isinstance(fresh.asked(wanted).on(Node("n")), Allocated)


def test_the_scheduler_ends_an_attempt_and_goes_on_with_the_next() -> None:
    devices = AllocatorDevices()
    node: dict[str, Any] = {"metadata": {"name": "n"}, "spec": {}, "status": {}}
    devices.class_changed(Added(CLASS))
    devices.slice_changed(Added(slice_()))
    devices.node_changed("n", decode(CoreNode, node))
    snapshot = Snapshot()
    snapshot.set_node(decode(CoreNode, node))
    (place,) = snapshot.nodes
    assert isinstance(place, NodeInfo)
    obj = claim([dear(number) for number in range(25)])
    wanted = [Wanted(obj, decode(ResourceClaim, obj))]
    for _ in range(2):
        with pytest.raises(AttemptError, match="the next one goes on with them"):
            devices.ask(wanted).on(place)
    assert not isinstance(devices.ask(wanted).on(place), str)
