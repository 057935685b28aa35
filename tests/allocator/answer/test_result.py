"""What is written into the claim (dra-semantics 3.11), and taints (3.7, 6.1)."""

from __future__ import annotations

from typing import Any

from drakkar.allocator import Allocated
from drakkar.api.resource import encode

from ..world import World, claim, device, exactly, first_available


def _plain(world: World, *requests: dict[str, Any], **devices: Any) -> dict[str, Any]:
    outcome = world.ask(claim(*requests, **devices))
    assert isinstance(outcome, Allocated), outcome
    return encode(outcome.results[0])  # type: ignore[no-any-return]


def _opaque(value: str) -> dict[str, Any]:
    return {"opaque": {"driver": "d.example", "parameters": {"v": value}}}


def test_an_allocation_on_one_node_is_pinned_to_it() -> None:
    assert _plain(World(device("a")), exactly())["nodeSelector"] == {
        "nodeSelectorTerms": (
            {"matchFields": ({"key": "metadata.name", "operator": "In", "values": ("n1",)},)},
        )
    }
    assert "nodeSelector" not in _plain(World(device("a"), allNodes=True), exactly())


def test_configurations_come_from_classes_and_then_from_the_claim() -> None:
    world = World(device("a"), device("b"))
    world.device_class("d", config=[_opaque("class")])
    wish = first_available("r", exactly("x", count=5), exactly("y", deviceClassName="d"))
    config = [
        {"requests": ["r/x"], **_opaque("not chosen")},
        {"requests": ["r/y"], **_opaque("alternative")},
        {"requests": ["other", "r"], **_opaque("all, so none is named")},
        _opaque("every"),
    ]
    found = _plain(world, wish, exactly("other"), config=config)["devices"]["config"]
    assert [(c["source"], list(c.get("requests", ())), c["opaque"]["parameters"]["v"]) for c in found] == [
        ("FromClass", ["r/y"], "class"),
        ("FromClaim", ["r/y"], "alternative"),
        ("FromClaim", [], "all, so none is named"),
        ("FromClaim", [], "every"),
    ]


def test_a_tainted_device_needs_a_toleration_which_the_result_repeats() -> None:
    world = World(device("a", taints=[{"key": "broken", "effect": "NoSchedule"}]))
    assert world.names(claim(exactly())) is None
    toleration = {"key": "broken", "operator": "Exists"}
    result = _plain(world, exactly(tolerations=[toleration]))["devices"]["results"][0]
    assert list(result["tolerations"]) == [toleration]


def test_a_rule_taints_what_it_selects_for_as_long_as_it_stands() -> None:
    world = World(device("a"), device("b"))
    taint = {"key": "k", "effect": "NoExecute"}
    world.rule("none", taint=taint)
    assert world.names(claim(exactly())) == ["a"]
    world.rule("one", deviceSelector={"device": "a"}, taint=taint)
    assert world.names(claim(exactly())) == ["b"]
    world.rule("one", deviceSelector={}, taint=taint)
    assert world.names(claim(exactly())) is None
    world.inventory.remove_rule("one")
    assert world.names(claim(exactly())) == ["a"]


def test_effects_that_do_not_keep_anybody_away_are_no_hindrance() -> None:
    world = World(device("a", taints=[{"key": "k", "effect": "None"}, {"key": "k", "effect": "Future"}]))
    assert world.names(claim(exactly())) == ["a"]


def test_parameters_of_drivers_may_hold_anything_and_are_told_apart() -> None:
    world = World(device("d"))
    numbers = [10**26, 10**26 + 1, -(10**30), float("inf"), "\ud800"]
    for number in numbers:
        opaque = {"driver": "d.example", "parameters": {"n": number}}
        (config,) = _plain(world, exactly(), config=[{"opaque": opaque}])["devices"]["config"]
        assert config["opaque"]["parameters"] == {"n": number}
