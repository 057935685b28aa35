"""What is left of a feature while it is off."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.api.features import (
    ADMIN_ACCESS,
    CONSUMABLE_CAPACITY,
    DEVICE_BINDING,
    PARTITIONABLE_DEVICES,
    Features,
)

from .world import World, claim, device, exactly

USES: list[dict[str, Any]] = [{"counterSet": "nowhere", "counters": {"m": {"value": "1"}}}]


def without(feature: str) -> Features:
    return Features(Features.default() - {feature})


@pytest.mark.parametrize(
    "spec",
    [
        {"sharedCounters": [{"name": "set", "counters": {"m": {"value": "1"}}}]},
        {"perDeviceNodeSelection": True},
    ],
)
def test_a_slice_that_needs_the_feature_still_completes_its_pool(spec: dict[str, Any]) -> None:
    world = World()
    world.slice("a", device("a"), count=2)
    world.slice("b", count=2, **spec)
    assert world.names(claim(exactly()), features=without(PARTITIONABLE_DEVICES)) == ["a"]


def test_counters_cannot_make_a_pool_invalid() -> None:
    world = World(device("a", consumesCounters=USES), device("b"))
    assert world.names(claim(exactly()), features=without(PARTITIONABLE_DEVICES)) == ["b"]
    assert world.names(claim(exactly())) == "invalid resource pools were encountered"


def test_selectors_see_multiple_allocations_whatever_is_off() -> None:
    world = World(device("a", allowMultipleAllocations=True), device("b"))
    plain = claim(exactly(cel="!device.allowMultipleAllocations"))
    assert world.names(plain, features=without(CONSUMABLE_CAPACITY)) == ["b"]
    assert world.names(plain, features=Features({ADMIN_ACCESS})) == ["b"]
    assert world.names(plain, features=Features({ADMIN_ACCESS}), compat="1.37") == ["a"]
    assert world.names(plain, features=Features({DEVICE_BINDING})) == ["b"]
