"""Partitions that share counters, and devices that are shared by capacity (dra-semantics 3.8, 3.9)."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.api.resource import encode

from ..world import World, claim, device, exactly


def _uses(amount: int, counter_set: str = "x") -> list[dict[str, Any]]:
    return [{"counterSet": counter_set, "counters": {"m": {"value": str(amount)}}}]


def _partitioned(*devices: dict[str, Any], **sets: int) -> World:
    world = World()
    shared = [{"name": name, "counters": {"m": {"value": str(value)}}} for name, value in sets.items()]
    world.slice("counters", sharedCounters=shared, count=2)
    world.slice("devices", *devices, count=2)
    return world


def test_partitions_are_given_out_until_a_counter_is_used_up() -> None:
    halves = [device(f"half{index}", consumesCounters=_uses(2)) for index in range(3)]
    world = _partitioned(device("whole", consumesCounters=_uses(4)), *halves, x=4)
    assert world.names(claim(exactly(count=2))) == ["half0", "half1"]
    world.take(claim(exactly()))
    assert world.names(claim(exactly())) is None


def test_a_counter_that_others_overdrew_blocks_only_who_needs_it() -> None:
    devices = [device(name, consumesCounters=_uses(1)) for name in "ab"]
    world = _partitioned(*devices, device("z", consumesCounters=_uses(1, "y")), x=2, y=1)
    world.take(claim(exactly(count=2)))
    world.slice("counters", sharedCounters=[
        {"name": "x", "counters": {"m": {"value": "1"}}}, {"name": "y", "counters": {"m": {"value": "1"}}},
    ], count=2)  # fmt: skip
    assert world.names(claim(exactly())) == ["z"]


def test_admin_access_needs_no_counter_that_is_left() -> None:
    world = _partitioned(device("a", consumesCounters=_uses(1)), x=1)
    world.take(claim(exactly()))
    assert world.names(claim(exactly(adminAccess=True))) == ["a"]


def _shared(value: str, policy: dict[str, Any] | None = None) -> World:
    capacity = {"mem": {"value": value, **({"requestPolicy": policy} if policy else {})}}
    return World(device("a", allowMultipleAllocations=True, capacity=capacity))


def _wants(amount: str) -> dict[str, Any]:
    return exactly(capacity={"requests": {"mem": amount}})


def test_a_device_is_shared_until_its_capacity_is_used_up() -> None:
    world = _shared("10Gi")
    first, second = claim(_wants("4Gi")), claim(_wants("6Gi"))
    result = encode(world.take(first))["devices"]["results"][0]
    assert result["consumedCapacity"] == {"mem": "4Gi"} and len(result["shareID"]) == 36
    world.take(second)
    assert world.names(claim(_wants("1"))) is None
    world.ledger.set_claim(first.metadata.uid, None)
    assert world.names(claim(_wants("4Gi"))) == ["a"]


def test_claims_of_one_call_share_a_device_too() -> None:
    world = _shared("10")
    assert world.names(claim(_wants("6")), claim(_wants("4"))) == ["a", "a"]
    assert world.names(claim(_wants("6")), claim(_wants("5"))) is None
    # One request never gets the same device twice.
    assert world.names(claim(exactly(count=2, capacity={"requests": {"mem": "1"}}))) is None


@pytest.mark.parametrize(
    ("request_", "policy", "consumed"),
    [
        (None, {"default": "2"}, "2"),
        (None, None, "10"),
        ("3", {"default": "2", "validValues": ["2", "4", "8"]}, "4"),
        ("9", {"default": "2", "validValues": ["2", "4", "8"]}, None),
        ("1", {"default": "2", "validRange": {"min": "2"}}, "2"),
        ("3", {"default": "2", "validRange": {"min": "2", "step": "2"}}, "4"),
        ("9", {"default": "2", "validRange": {"min": "2", "max": "8"}}, None),
        ("600m", {"default": "500m", "validRange": {"min": "500m", "step": "250m"}}, "1"),
    ],
)
def test_what_is_consumed_follows_the_devices_policy(
    request_: str | None, policy: dict[str, Any] | None, consumed: str | None
) -> None:
    world = _shared("10", policy)
    wanted = claim(_wants(request_) if request_ else exactly())
    if consumed is None:
        assert world.names(wanted) is None
        return
    assert encode(world.take(wanted))["devices"]["results"][0]["consumedCapacity"] == {"mem": consumed}


def test_on_a_device_that_is_not_shared_a_capacity_request_is_a_least_size() -> None:
    world = World(
        device("small", capacity={"mem": {"value": "1"}}), device("large", capacity={"mem": {"value": "9"}})
    )
    result = encode(world.take(claim(_wants("5"))))["devices"]["results"][0]
    assert result["device"] == "large" and "shareID" not in result and "consumedCapacity" not in result
    assert world.names(claim(exactly(capacity={"requests": {"other": "1"}}))) is None


def test_a_negative_amount_is_a_failure_that_names_the_device() -> None:
    message = _shared("10").names(claim(_wants("-1")))
    assert message == (
        "claim ns/claim, request r: checking capacity for device d.example/p/a:"
        ' capacity "mem": capacity value is negative'
    )
