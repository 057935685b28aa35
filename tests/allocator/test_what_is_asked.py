"""What a claim asks, as it is read, and what devices, constraints and taints mean for it, rule by rule."""

from __future__ import annotations

from typing import Any

from drakkar.api.features import (
    CONSUMABLE_CAPACITY,
    DEVICE_BINDING,
    LIST_ATTRIBUTES,
    PRIORITIZED_LIST,
    Features,
)
from drakkar.api.resource import ResourceSlice, decode

from .world import DRIVER, World, claim, device, every, exactly, first_available

LISTS = Features(Features.default() | {LIST_ATTRIBUTES})
MATCH = [{"matchAttribute": "d.example/g"}]
DISTINCT = [{"distinctAttribute": "d.example/g"}]
NO_CLASS = exactly("q", deviceClassName="none")


def without(*features: str) -> Features:
    return Features(Features.default() - set(features))


def listed(name: str, *values: str) -> dict[str, Any]:
    """A device whose attribute g is a list."""
    return {"name": name, "attributes": {"g": {"strings": list(values)}}}


def test_a_slice_that_says_nothing_of_nodes_is_for_none() -> None:
    world = World()
    spec = {"driver": DRIVER, "pool": {"name": "p", "generation": 1, "resourceSliceCount": 1}}
    body = {"metadata": {"name": "s"}, "spec": {**spec, "devices": [device("a")]}}
    world.inventory.set_slice(decode(ResourceSlice, body))
    assert world.names(claim(exactly())) is None


def test_what_a_gate_forbids_is_asked_before_anything_else_of_a_request() -> None:
    world = World(device("a"))
    lists = "request r: has subrequests, but the DRAPrioritizedList feature is disabled"
    amounts = "has capacity requests, but the DRAConsumableCapacity feature is disabled"
    wish = first_available("r", exactly("x", capacity={}, deviceClassName="none"))
    for asked, off, said in (
        (wish, (PRIORITIZED_LIST, CONSUMABLE_CAPACITY), lists),
        (wish, (CONSUMABLE_CAPACITY,), f"subrequest x: {amounts}"),
        (exactly(capacity={}, deviceClassName="none"), (CONSUMABLE_CAPACITY,), f"request r: {amounts}"),
    ):
        assert world.names(claim(asked), features=without(*off)) == f"claim ns/claim, {said}"


def test_modes_and_counts() -> None:
    world = World(device("a"))
    assert world.names(claim(exactly(count=0))) == []
    for asked, said in (
        (exactly(allocationMode="Some"), "unsupported count mode Some"),
        (exactly(count=-1), "the count is -1"),
        ({"name": "r"}, "neither exactly nor firstAvailable is set"),
    ):
        assert world.names(claim(asked)) == f"claim ns/claim, request r: {said}"


def test_a_selector_of_a_class_without_cel_does_not_compile() -> None:
    world = World(device("a"))
    world.device_class("empty", selectors=[{}])
    said = world.names(claim(exactly(deviceClassName="empty")))
    assert isinstance(said, str) and said.startswith("class empty: selector #0: CEL compile error")


def test_claims_are_read_one_after_the_other_requests_before_constraints() -> None:
    world = World(device("a"))
    empty = "claim ns/claim, constraint #0: empty constraint (unsupported constraint type?)"
    assert world.names(claim(exactly(), constraints=[{}]), claim(NO_CLASS)) == empty
    said = world.names(claim(NO_CLASS, constraints=[{}]))
    assert isinstance(said, str) and "device class none" in said


def test_of_two_attributes_of_a_constraint_the_one_that_matches_counts() -> None:
    both = [{"matchAttribute": "d.example/g", "distinctAttribute": "d.example/h"}]
    world = World(device("a", g="x", h="1"), device("b", g="x", h="1"), device("c", g="y", h="2"))
    assert world.names(claim(exactly(count=2), constraints=both)) == ["a", "b"]


def test_a_request_that_has_all_its_devices_is_within_the_limit() -> None:
    world = World(*(device(f"d{number}") for number in range(33)))
    none_left = first_available("r", every("all", cel="false"), exactly("nothing", 0))
    found = world.names(claim(exactly("most", 32), none_left))
    assert found == [f"d{number}" for number in range(32)]
    said = world.names(claim(exactly("most", 32), first_available("r", exactly("one"))))
    assert isinstance(said, str) and "exceeds the claim limit of 32" in said


def test_without_the_feature_a_device_with_binding_conditions_is_never_selected() -> None:
    world = World(device("a", bindingConditions=["c"]), device("b"))
    assert world.names(claim(exactly()), features=without(DEVICE_BINDING)) == ["b"]
    assert world.names(claim(every())) == ["a", "b"]
    assert world.names(claim(every()), features=without(DEVICE_BINDING)) == ["b"]


def test_a_taint_on_one_of_all_devices_ends_nothing() -> None:
    taints = [{"key": "k", "effect": "NoSchedule"}]
    world = World(device("a"), device("b", taints=taints))
    assert world.names(claim(every())) is None
    assert world.names(claim(first_available("r", every("all"), exactly("one")))) == ["a"]


def test_pools_of_one_name_of_two_drivers_have_no_counters_in_common() -> None:
    world = World()
    counters = [{"name": "set", "counters": {"m": {"value": "1"}}}]
    uses = [{"counterSet": "set", "counters": {"m": {"value": "1"}}}]
    for driver in ("d.example", "e.example"):
        both = [device(name, consumesCounters=uses) for name in ("a", "b")]
        world.slice(f"{driver}-1", *both, count=2, driver=driver)
        world.slice(f"{driver}-2", count=2, driver=driver, sharedCounters=counters)
    assert world.names(claim(exactly(count=2))) == ["a", "a"]
    assert world.names(claim(exactly(count=3))) is None


def test_a_shared_device_without_capacities_has_no_end_of_shares() -> None:
    world = World(device("a", allowMultipleAllocations=True))
    assert world.names(*(claim(exactly()) for _ in range(40))) == ["a"] * 40


def test_lists_match_by_a_value_that_all_have() -> None:
    pairwise = [listed("a", "x", "y"), listed("b", "y", "z"), listed("c", "z", "x")]
    wanted = claim(exactly(count=3), constraints=MATCH)
    assert World(*pairwise).names(wanted, features=LISTS) is None
    # A single value is a list of one; without values, or with one of another type, a device is none of them.
    world = World(*pairwise, listed("d"), device("e", g=1), device("f", g="y"))
    assert world.names(wanted, features=LISTS) == ["a", "b", "f"]


def test_lists_are_distinct_where_no_two_have_a_value_in_common() -> None:
    world = World(listed("a", "x", "y"), listed("b", "y", "z"), listed("c"), device("d", g="z"))
    assert world.names(claim(exactly(count=2), constraints=DISTINCT), features=LISTS) == ["a", "d"]
    assert world.names(claim(exactly(count=3), constraints=DISTINCT), features=LISTS) is None


def test_constraints_are_of_one_claim_and_count_admin_access_and_other_drivers() -> None:
    def full(name: str, value: str) -> dict[str, Any]:
        return {"name": name, "attributes": {"d.example/g": {"string": value}}}

    world = World()
    world.slice("s", device("a", g="x"), device("b", g="y"))
    world.slice("t", full("c", "y"), full("d", "x"), driver="e.example")
    theirs = exactly("theirs", cel="device.driver == 'e.example'")
    assert world.names(claim(exactly("ours"), theirs, constraints=MATCH)) == ["a", "d"]
    assert world.names(claim(exactly("ours", adminAccess=True), theirs, constraints=MATCH)) == ["a", "d"]
    one, other = claim(exactly(), constraints=MATCH), claim(exactly(), constraints=MATCH)
    assert world.names(one, other) == ["a", "b"]
