"""Pools: generations, completeness, validity, order, and which nodes they are for (dra-semantics 2)."""

from __future__ import annotations

import itertools

from drakkar.allocator import Failure

from ..world import DRIVER, World, claim, device, every, exactly


def test_only_the_newest_generation_counts_even_where_it_is_on_other_nodes() -> None:
    world = World()
    world.slice("old", device("a"), generation=1)
    world.slice("new", device("z"), generation=2, nodeName="n2")
    assert world.names(claim(exactly())) is None
    assert world.names(claim(exactly()), node="n2") == ["z"]


def test_an_incomplete_pool_gives_nothing_and_stops_requests_for_all() -> None:
    world = World()
    world.slice("s1", device("a"), pool="p", count=2)
    world.slice("t1", device("b"), pool="q")
    assert world.names(claim(exactly())) == ["b"]
    message = "claim ns/claim, request r: asks for all devices, but resource pool d.example/p is currently being updated"
    assert world.names(claim(every())) == message
    world.slice("s2", device("c"), pool="p", count=2)
    assert world.names(claim(every())) == ["a", "c", "b"]


def test_a_pool_with_a_name_twice_is_invalid_and_said_so_when_nothing_else_fits() -> None:
    world = World()
    world.slice("s1", device("a"), count=2)
    world.slice("s2", device("a"), count=2)
    outcome = world.ask(claim(exactly()))
    assert outcome == Failure("invalid resource pools were encountered", on_node=True)


def test_pools_are_ordered_by_name_and_those_with_binding_conditions_come_last() -> None:
    world = World()
    world.slice("s3", device("bound", bindingConditions=["x"]), pool="a")
    world.slice("s2", device("second"), pool="c")
    world.slice("s1", device("first"), pool="b")
    assert world.names(claim(exactly(count=3))) == ["first", "second", "bound"]


def test_the_order_of_events_shows_in_no_answer() -> None:
    answers = set()
    for order in itertools.permutations(range(3)):
        world = World()
        for index in order:
            world.slice(f"s{index}", device(f"d{index}"), count=3)
        answers.add(tuple(world.names(claim(exactly(count=3))) or ()))
    assert answers == {("d0", "d1", "d2")}


def test_slices_are_for_the_nodes_they_name() -> None:
    world = World()
    world.slice("all", device("a"), pool="a", allNodes=True)
    selector = {
        "nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n2"]}]}]
    }
    world.slice("selected", device("b"), pool="b", nodeSelector=selector)
    per_device = [device("c", nodeName="n1"), device("d", allNodes=True)]
    world.slice("each", *per_device, pool="c", perDeviceNodeSelection=True)
    assert world.names(claim(every()), node="n1") == ["a", "c", "d"]
    assert world.names(claim(every()), node="n2") == ["a", "b", "d"]


def test_a_slice_that_goes_takes_its_devices_with_it() -> None:
    world = World(device("a"))
    world.inventory.remove_slice("s")
    world.inventory.remove_slice("s")
    assert world.names(claim(exactly())) is None


def test_a_selector_on_nodes_that_makes_no_sense_is_named() -> None:
    world = World()
    bad = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "k", "operator": "Like", "values": ["v"]}]}]}
    world.slice("s", device("a"), nodeSelector=bad)
    message = world.names(claim(exactly()), compat="1.37")
    assert isinstance(message, str)
    assert message.startswith(
        "gather pool information: failed to perform node selection for slice s: failed to parse"
    )


def test_what_cannot_be_read_costs_only_itself() -> None:
    world = World()
    bad = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "k", "operator": "Like", "values": ["v"]}]}]}
    world.slice("s", device("a"), nodeSelector=bad)
    uses = [{"counterSet": "x", "counters": {"m": {"value": "much"}}}]
    policy = {"default": "1", "validRange": {"min": "some"}}
    world.slice(
        "t",
        device("b", attributes={"k": {}}),
        device("c", capacity={"mem": {"value": "lots"}}),
        device("d", capacity={"mem": {"value": "1", "requestPolicy": policy}}),
        device("e", consumesCounters=uses),
        device("f"),
        pool="q",
    )
    assert world.names(claim(exactly(cel=f"device.driver == '{DRIVER}'"))) == ["f"]
    (entry,) = world.inventory.of_pool((DRIVER, "q"))
    assert [fault.partition(": ")[0] for fault in entry.faults] == ["device c", "device d", "device e"]
