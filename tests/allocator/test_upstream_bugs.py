"""Bugs that upstream's allocator had, each by its number at kubernetes/kubernetes: none of them is here."""

from __future__ import annotations

from drakkar.allocator import NoSolution
from drakkar.api.features import LIST_ATTRIBUTES, Features

from .world import World, claim, device, every, exactly, first_available

LISTS = Features(Features.default() | {LIST_ATTRIBUTES})
GPU = "device.attributes['d.example'].kind == 'gpu'"


def uses(amount: int) -> list[dict[str, object]]:
    return [{"counterSet": "set", "counters": {"m": {"value": str(amount)}}}]


def partitioned(*devices: dict[str, object], amount: int) -> World:
    world = World()
    world.slice("a", *devices, count=2)
    world.slice("b", count=2, sharedCounters=[{"name": "set", "counters": {"m": {"value": str(amount)}}}])
    return world


def test_137347_all_devices_as_an_alternative_after_a_request_that_could_take_another() -> None:
    world = World(device("a", kind="gpu"), device("b", kind="gpu"), device("c", kind="nic"))
    wish = first_available("gpus", every("all", cel=GPU), exactly("one", cel=GPU))
    assert world.names(claim(exactly("any"), wish)) == ["a", "b"]
    # As the only alternative, it makes the request before it step aside.
    assert world.names(claim(exactly("any"), first_available("gpus", every("all", cel=GPU)))) == [
        "c",
        "a",
        "b",
    ]


def test_138885_all_devices_that_consume_counters() -> None:
    devices = [device("a", consumesCounters=uses(1)), device("b", consumesCounters=uses(2))]
    assert partitioned(*devices, amount=3).names(claim(every())) == ["a", "b"]
    assert partitioned(*devices, amount=2).names(claim(every())) is None


def test_140300_what_lists_have_in_common_is_as_before_once_a_device_is_put_back() -> None:
    def listed(name: str, *values: str) -> dict[str, object]:
        return {"name": name, "attributes": {"g": {"strings": list(values)}}}

    world = World(listed("a", "x", "y"), listed("b", "x"), listed("c", "y"), listed("d", "y"))
    wanted = claim(exactly(count=3), constraints=[{"matchAttribute": "d.example/g"}])
    assert world.names(wanted, features=LISTS) == ["a", "c", "d"]


def test_139040_a_device_that_is_shared_uses_its_counters() -> None:
    shared = device("a", allowMultipleAllocations=True, consumesCounters=uses(2))
    world = partitioned(shared, device("b", consumesCounters=uses(2)), amount=3)
    world.take(claim(exactly()))
    # Another share costs no counter, another device does.
    assert world.names(claim(exactly())) == ["a"]
    assert world.names(claim(exactly(count=2))) is None


def test_130593_the_most_devices_that_a_claim_may_have_with_one_missing() -> None:
    world = World(*(device(f"d{index}") for index in range(31)))
    outcome = world.ask(claim(*(exactly(f"r{index}") for index in range(32))))
    assert isinstance(outcome, NoSolution) and not outcome.limit_reached
