"""What the scheduler tells the allocator of its cluster, and what it asks it."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest

from drakkar.allocator import DeviceKey
from drakkar.api.core import Node as CoreNode
from drakkar.api.object import Object, Uid
from drakkar.api.resource import AllocationResult, ResourceClaim, decode
from drakkar.client.changes import Added, Deleted, Updated
from drakkar.placement import NodeInfo, Snapshot
from drakkar.scheduler import devices as devices_module
from drakkar.scheduler.cycle import AttemptError
from drakkar.scheduler.devices import AllocatorDevices
from drakkar.scheduler.dra import Wanted
from drakkar.scheduler.stored_claim import StoredClaim

DRIVER = "gpu.example.com"
CLASS: Object = {"metadata": {"name": "gpu"}, "spec": {}}
NOWHERE = "cannot allocate all claims"
A, B = Uid("a"), Uid("b")


def slice_(*names: str, node: str = "n1", name: str = "", **device: Any) -> Object:
    pool = {"name": node, "generation": 1, "resourceSliceCount": 1}
    given = [{"name": one, **device} for one in names]
    spec = {"driver": DRIVER, "nodeName": node, "pool": pool, "devices": given}
    return {"metadata": {"name": name or f"slice-{node}"}, "spec": spec}


def claim(uid: str = "a", *taken: str, pool: str = "n1", **asked: Any) -> Object:
    """A claim for one device, or one that has some; what a request asks beyond that, or each result says."""
    given: dict[str, Any] = {"deviceClassName": "gpu", "allocationMode": "ExactCount", "count": 1}
    obj: Object = {
        "metadata": {"name": uid, "namespace": "ns", "uid": uid},
        "spec": {"devices": {"requests": [{"name": "r", "exactly": given}]}},
    }
    if not taken:
        given |= asked
        return obj
    where = {"request": "r", "driver": DRIVER, "pool": pool}
    results = [{**where, "device": device, **asked} for device in taken]
    return {**obj, "status": {"allocation": {"devices": {"results": results}}}}


def allocation(*taken: str, **said: Any) -> AllocationResult:
    return decode(AllocationResult, claim("x", *taken, **said)["status"]["allocation"])


def named(device: str, pool: str = "n1") -> str:
    return f"device {DeviceKey(DRIVER, pool, device)}"


class Scene:
    """A scheduler's devices with a class and some nodes."""

    def __init__(self, *nodes: str, slices: list[Object] | None = None) -> None:
        self.devices = AllocatorDevices()
        self.devices.class_changed(Added(CLASS))
        self.snapshot = Snapshot()
        for name in nodes or ("n1",):
            self.set_node(name)
        for one in slices or []:
            self.devices.slice_changed(Added(one))

    def set_node(self, name: str, **labels: str) -> None:
        obj = {"metadata": {"name": name, "labels": labels}, "spec": {}, "status": {}}
        node = decode(CoreNode, obj)
        self.devices.node_changed(name, node)
        self.snapshot.set_node(node)

    @property
    def nodes(self) -> list[NodeInfo]:
        return list(self.snapshot.nodes)

    def ask(self, *claims: Object) -> devices_module.Asked:
        wanted = [Wanted(StoredClaim(one), decode(ResourceClaim, one)) for one in claims or (claim(),)]
        return self.devices.ask(wanted)

    def got(self, node: str = "n1", *claims: Object) -> list[str] | str:
        """The devices of all claims on a node, or why there are none."""
        (place,) = [one for one in self.nodes if one.name == node]
        found = self.ask(*claims).on(place)
        if isinstance(found, str):
            return found
        return [result.device for one in found for result in one.devices.results]


def test_what_is_reserved_is_taken_until_it_is_released() -> None:
    scene = Scene(slices=[slice_("d0", "d1")])
    assert scene.got() == ["d0"]
    scene.devices.reserve(A, allocation("d0"))
    assert scene.got() == ["d1"]
    scene.devices.reserve(B, allocation("d1"))
    assert scene.got() == NOWHERE
    scene.devices.release(A)
    assert scene.got() == ["d0"]
    # There may be nothing to release: who gives up does not know how far he came.
    scene.devices.release(A)
    scene.devices.release(Uid("never"))
    assert scene.got() == ["d0"]


def test_what_the_server_says_of_a_claim_wins_over_what_was_reserved_for_it() -> None:
    scene = Scene(slices=[slice_("d0", "d1")])
    scene.devices.reserve(A, allocation("d0"))
    # Another scheduler was faster.
    scene.devices.claim_changed(Updated(claim(), claim("a", "d1")))
    assert scene.got() == ["d0"]
    scene.devices.release(A)
    assert scene.got() == ["d0"]
    # It was freed while a reservation of ours was under way, which counts again.
    scene.devices.reserve(A, allocation("d0"))
    scene.devices.claim_changed(Updated(claim("a", "d1"), claim()))
    assert scene.got() == ["d1"]
    scene.devices.release(A)
    assert scene.got() == ["d0"]


def test_what_is_stored_stays_taken_when_the_reservation_goes_and_is_free_with_the_claim() -> None:
    scene = Scene(slices=[slice_("d0", "d1")])
    scene.devices.reserve(A, allocation("d0"))
    scene.devices.claim_changed(Added(claim("a", "d0")))
    scene.devices.release(A)
    assert scene.got() == ["d1"]
    scene.devices.claim_changed(Deleted(claim("a", "d0")))
    assert scene.got() == ["d0"]


def test_a_claim_that_cannot_be_read_keeps_what_it_has() -> None:
    scene = Scene(slices=[slice_("d0", "d1")])
    broken = claim("a", "d0", consumedCapacity=["not a map"])
    scene.devices.claim_changed(Added(broken))
    assert scene.got() == ["d1"]
    scene.devices.claim_changed(Updated(broken, {**broken, "status": 7}))
    assert scene.got() == ["d0"]


def test_two_claims_on_a_whole_device_clash_and_each_is_told_of_the_other() -> None:
    scene = Scene(slices=[slice_("d0", "d1")])
    scene.devices.claim_changed(Added(claim("a", "d0", "d1")))
    assert scene.devices.clashes(A) == {} == scene.devices.clashes(A, "n1")
    scene.devices.claim_changed(Added(claim("b", "d0")))
    assert scene.devices.clashes(A) == {named("d0"): {B}}
    assert scene.devices.clashes(B, "n1") == {named("d0"): {A}}
    # What one of them only means to write counts as well.
    scene.devices.reserve(Uid("c"), allocation("d1"))
    assert scene.devices.clashes(A) == {named("d0"): {B}, named("d1"): {Uid("c")}}
    # Who only looks takes nothing.
    scene.devices.claim_changed(Updated(claim("b", "d0"), claim("b", "d0", adminAccess=True)))
    scene.devices.release(Uid("c"))
    assert scene.devices.clashes(A) == {} == scene.devices.clashes(B)


def test_shares_clash_when_they_are_more_than_there_is_which_only_the_node_can_tell() -> None:
    shared = {"allowMultipleAllocations": True, "capacity": {"memory": {"value": "10Gi"}}}
    scene = Scene(slices=[slice_("d0", **shared)])

    def share(uid: str, amount: str) -> Object:
        return claim(uid, "d0", shareID=f"share-{uid}", consumedCapacity={"memory": amount})

    scene.devices.claim_changed(Added(share("a", "6Gi")))
    scene.devices.claim_changed(Added(share("b", "4Gi")))
    assert scene.devices.clashes(A, "n1") == {}
    scene.devices.claim_changed(Updated(share("b", "4Gi"), share("b", "5Gi")))
    capacity = f"capacity memory of {named('d0')}"
    assert scene.devices.clashes(A, "n1") == {capacity: {B}}
    assert scene.devices.clashes(B, "n1") == {capacity: {A}}
    # Without the node, or with one that is not known, only whole devices are looked at.
    assert scene.devices.clashes(A) == {} == scene.devices.clashes(A, "gone")
    # A whole device and a share of it.
    scene.devices.claim_changed(Added(claim("c", "d0")))
    assert scene.devices.clashes(Uid("c")) == {named("d0"): {A, B}}
    assert scene.devices.clashes(A) == {named("d0"): {Uid("c")}}


def test_where_there_is_no_hope_is_known_by_node_until_something_changes_there() -> None:
    names = ("n1", "n2", "n3")
    scene = Scene(*names, slices=[slice_("d0", node=name) for name in names[:2]])
    assert scene.ask().hopeful(scene.nodes) == b"\x01\x01\x01"
    scene.devices.claim_changed(Added(claim("x", "d0", pool="n2")))
    asked = scene.ask()
    # Nobody has looked yet.
    assert asked.hopeful(scene.nodes) == b"\x01\x01\x01"
    found = [asked.on(node) for node in scene.nodes]
    assert [isinstance(one, str) for one in found] == [False, True, True]
    assert scene.ask().hopeful(scene.nodes) == b"\x01\x00\x00"
    # Another claim that asks the same, in nodes of another order.
    assert scene.ask(claim("other")).hopeful(scene.nodes[::-1]) == b"\x00\x00\x01"
    scene.devices.claim_changed(Deleted(claim("x", "d0", pool="n2")))
    assert scene.ask().hopeful(scene.nodes) == b"\x01\x01\x00"
    scene.devices.slice_changed(Added(slice_("d0", node="n3")))
    assert scene.ask().hopeful(scene.nodes) == b"\x01\x01\x01" and scene.got("n3") == ["d0"]


def test_a_node_is_another_one_only_by_what_matters_here() -> None:
    scene = Scene("n1", "n2", slices=[slice_("d0", node="n1")])
    everywhere = slice_("far", node="net")
    del everywhere["spec"]["nodeName"]
    term = {"matchExpressions": [{"key": "rack", "operator": "In", "values": ["r1"]}]}
    everywhere["spec"]["nodeSelector"] = {"nodeSelectorTerms": [term]}
    scene.devices.slice_changed(Added(everywhere))
    assert scene.got("n2") == NOWHERE
    # Who asks often passes the same nodes.
    order = scene.nodes
    assert scene.ask().hopeful(order) == b"\x01\x00"
    # The same again: what was learned stays.
    scene.set_node("n2")
    assert scene.ask().hopeful(order) == b"\x01\x00"
    scene.set_node("n2", rack="r1")
    assert scene.ask().hopeful(order) == b"\x01\x01" and scene.got("n2") == ["far"]
    scene.devices.node_changed("n2", None)
    assert scene.devices.clashes(A, "n2") == {}


def test_a_slice_that_cannot_be_read_is_told_and_costs_only_itself(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene("n1", "n2", slices=[slice_("d0"), slice_("d0", node="n2")])
    broken = slice_("d0", "d1")
    broken["spec"]["devices"] = "d0"
    with caplog.at_level(logging.ERROR):
        scene.devices.slice_changed(Updated(slice_("d0"), broken))
    assert "ResourceSlice slice-n1 is passed over" in caplog.text
    # What it said before is no longer so.
    assert scene.got("n1") == NOWHERE and scene.got("n2") == ["d0"]
    caplog.clear()
    odd = slice_("d0", "d1")
    odd["spec"]["devices"][0]["capacity"] = {"memory": {"value": "much"}}
    with caplog.at_level(logging.ERROR):
        scene.devices.slice_changed(Updated(broken, odd))
    assert "ResourceSlice slice-n1: " in caplog.text
    assert scene.got("n1") == ["d1"]
    scene.devices.slice_changed(Updated(odd, slice_("d0", "d1")))
    assert scene.got("n1") == ["d0"]
    scene.devices.slice_changed(Deleted(slice_("d0", "d1")))
    assert scene.got("n1") == NOWHERE


def test_classes_and_taint_rules_come_and_go_read_or_not(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene(slices=[slice_("d0")])
    taint = {"key": "broken", "effect": "NoSchedule"}
    rule: Object = {
        "metadata": {"name": "rule"},
        "spec": {"taint": taint, "deviceSelector": {"device": "d0"}},
    }
    scene.devices.rule_changed(Added(rule))
    assert scene.got() == NOWHERE
    scene.devices.rule_changed(Updated(rule, {**rule, "spec": {"taint": 7}}))
    assert scene.got() == ["d0"] and "DeviceTaintRule rule is passed over" in caplog.text
    scene.devices.rule_changed(Added(rule))
    scene.devices.rule_changed(Deleted(rule))
    assert scene.got() == ["d0"]
    scene.devices.class_changed(Updated(CLASS, {**CLASS, "spec": {"selectors": 7}}))
    assert "DeviceClass gpu is passed over" in caplog.text
    with pytest.raises(AttemptError, match="gpu"):
        scene.got()
    scene.devices.class_changed(Added(CLASS))
    assert scene.got() == ["d0"]
    scene.devices.class_changed(Deleted(CLASS))
    with pytest.raises(AttemptError, match="gpu"):
        scene.got()


def test_each_attempt_has_an_effort_of_its_own_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"d{number}" for number in range(8)]
    slices = [slice_(*names)]
    for number, device in enumerate(slices[0]["spec"]["devices"]):
        device["attributes"] = {"id": {"int": number}}
    # The last of them alone, so that each has to be asked.
    expression = f'device.attributes["{DRIVER}"].id == 7'
    asked = claim(selectors=[{"cel": {"expression": expression}}])
    monkeypatch.setattr(devices_module, "_EFFORT", 10**9)
    assert Scene(slices=slices).got("n1", asked) == ["d7"]
    monkeypatch.setattr(devices_module, "_EFFORT", 1)
    scene = Scene(slices=slices)
    # One device an attempt, and none of them is asked twice.
    for _ in names[:-1]:
        with pytest.raises(AttemptError, match=re.escape(devices_module._PAUSED)):
            scene.got("n1", asked)
    assert scene.got("n1", asked) == ["d7"]
    # What costs nothing is not paused, nor what is known.
    assert scene.got() == ["d0"] and scene.got("n1", asked) == ["d7"]


def test_long_selectors_are_to_be_compiled_before_the_claim_is_asked_and_only_once() -> None:
    scene = Scene(slices=[slice_("d0")])
    long = " || ".join(f'device.driver == "{number}"' for number in range(400))
    asked = claim(selectors=[{"cel": {"expression": long}}])
    assert scene.devices.unprepared([claim()]) == []
    assert scene.devices.unprepared([asked, asked]) == [long]
    scene.devices.prepare([long])
    assert scene.devices.unprepared([asked]) == []
