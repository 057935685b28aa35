"""What is looked at first: it decides whether a fault in the input is met or passed by (dra-semantics 3.3, 3.4.8)."""

from __future__ import annotations

from drakkar.allocator import NoSolution

from .world import World, claim, device, every, exactly, first_available

UNGUARDED = "device.attributes['d.example'].g == 'x'"


def test_a_selector_is_not_asked_of_a_device_that_the_call_has_given_away() -> None:
    world = World(device("a"), device("b", g="x"))
    assert world.names(claim(exactly("one"), exactly("two", cel=UNGUARDED))) == ["a", "b"]


def test_a_request_for_all_devices_is_settled_before_the_search() -> None:
    world = World(device("a"), device("b", g="x"))
    message = world.names(claim(exactly("many", 3), every("all", cel=UNGUARDED)))
    assert isinstance(message, str) and "no such key: g" in message


def test_a_request_for_all_devices_counts_towards_the_limit() -> None:
    world = World(*(device(f"d{number}") for number in range(31)))
    assert world.names(claim(exactly("some", 2), every("all"))) == (
        "claim ns/claim, request all: adding 31 devices exceeds the claim limit of 32, with 2 already accounted for"
    )


def test_an_alternative_for_all_devices_is_not_looked_at_before_it_is_tried() -> None:
    world = World(device("a"), device("b", g="x"))
    first = claim(first_available("r", exactly("one"), every("all", cel=UNGUARDED)))
    assert world.names(first) == ["a"]


def test_devices_that_are_ruled_out_end_the_search_early() -> None:
    world = World(*(device(f"d{number}", g="x" if number < 4 else "y") for number in range(24)))
    outcome = world.ask(claim(exactly("r", 5, cel=UNGUARDED)))
    assert isinstance(outcome, NoSolution) and outcome.steps < 50
