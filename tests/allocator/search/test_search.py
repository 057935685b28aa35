"""Which devices are chosen, in which order, and when there is no solution (dra-semantics 3.4)."""

from __future__ import annotations

from drakkar.allocator import Allocated, Allocator, Node, Nodes, NoSolution
from drakkar.api.resource import encode

from ..world import World, claim, device, every, exactly, first_available

MATCH = [{"matchAttribute": "d.example/g"}]
DISTINCT = [{"distinctAttribute": "d.example/g"}]


def test_the_first_devices_in_listed_order_are_taken() -> None:
    world = World(device("b"), device("a"), device("c"))
    assert world.names(claim(exactly(count=2))) == ["b", "a"]
    assert world.names(claim(exactly("x")), claim(exactly("y"))) == ["b", "a"]


def test_what_is_allocated_is_not_taken_again_until_it_is_freed() -> None:
    world = World(device("a"), device("b"))
    first = claim(exactly())
    world.take(first)
    assert world.names(claim(exactly())) == ["b"]
    assert world.names(claim(exactly(count=2))) is None
    world.ledger.set_claim(first.metadata.uid, None)
    assert world.names(claim(exactly(count=2))) == ["a", "b"]


def test_no_claims_and_no_requests_are_solved_by_nothing() -> None:
    world = World(device("a"))
    empty = world.ask()
    assert isinstance(empty, Allocated) and empty.results == ()
    assert world.names(claim()) == []


def test_an_earlier_choice_is_taken_back_when_a_later_request_needs_it() -> None:
    world = World(device("a", g="x"), device("b", g="y"), device("c", g="y"))
    assert world.names(claim(exactly("r1"), exactly("r2"), constraints=MATCH)) == ["b", "c"]
    assert world.names(claim(exactly(count=2), constraints=DISTINCT)) == ["a", "b"]
    assert world.names(claim(exactly(count=3), constraints=DISTINCT)) is None


def test_a_constraint_is_about_the_requests_it_names() -> None:
    world = World(device("a", g="x"), device("b", g="y"), device("c", g="x"))
    some = [{"matchAttribute": "d.example/g", "requests": ["r1", "r3"]}]
    assert world.names(claim(exactly("r1"), exactly("r2"), exactly("r3"), constraints=some)) == [
        "a",
        "b",
        "c",
    ]


def test_a_device_without_the_attribute_never_meets_the_constraint() -> None:
    world = World(device("a"), device("b", g="x"))
    assert world.names(claim(exactly(), constraints=MATCH)) == ["b"]


def test_all_takes_every_selected_device_or_none() -> None:
    world = World(device("a", k=1), device("b", k=2), device("c", k=2))
    request = every(cel='device.attributes["d.example"].k == 2')
    assert world.names(claim(request)) == ["b", "c"]
    world.take(claim(exactly(cel='device.attributes["d.example"].k == 2')))
    assert world.names(claim(request)) is None
    assert world.names(claim(every(cel='device.attributes["d.example"].k == 3'))) is None


def test_the_first_alternative_with_which_everything_can_be_met_is_taken() -> None:
    world = World(device("a"), device("b"))
    wish = first_available("r", exactly("many", count=3), exactly("two", count=2), exactly("one"))
    outcome = world.ask(claim(wish))
    assert isinstance(outcome, Allocated)
    assert [result.request for result in outcome.results[0].devices.results] == ["r/two", "r/two"]
    assert world.names(claim(wish, exactly("other"))) == ["a", "b"]


def test_the_limit_of_a_claim_cuts_off_what_is_too_many() -> None:
    world = World(*(device(f"d{index}") for index in range(40)))
    assert len(world.names(claim(exactly(count=32))) or ()) == 32
    message = world.names(claim(exactly("r1", count=30), exactly("r2", count=3)))
    assert message == (
        "claim ns/claim, request r2: adding 3 devices exceeds the claim limit of 32, with 30 already accounted for"
    )
    wish = first_available("r2", exactly("three", count=3), exactly("two", count=2))
    assert len(world.names(claim(exactly("r1", count=30), wish)) or ()) == 32


def test_asking_for_one_more_than_there_is_ends_at_once() -> None:
    world = World(*(device(f"d{index}") for index in range(30)))
    world.take(claim(exactly()))
    outcome = world.ask(claim(exactly(count=30)))
    assert isinstance(outcome, NoSolution) and not outcome.limit_reached and outcome.steps < 200


def test_a_search_that_is_too_long_says_so_and_how_far_it_came() -> None:
    # Six rows and six columns, but five of each have only one place to go.
    places = [(0, column) for column in range(6)] + [(row, 0) for row in range(6)]
    world = World(
        *(
            device(f"d{one}-{index}", row=row, column=column, one=one)
            for one in range(4)
            for index, (row, column) in enumerate(places)
        )
    )
    different = [{"distinctAttribute": f"d.example/{name}"} for name in ("row", "column")]
    outcome = world.ask(claim(exactly(count=3), constraints=different), step_limit=5)
    assert isinstance(outcome, NoSolution) and outcome.limit_reached
    assert outcome.steps == 5 and outcome.deepest == 1


def test_what_counting_can_refute_is_not_searched_for() -> None:
    world = World(*(device(f"d{index}", g=f"g{index // 2}") for index in range(20)))
    outcome = world.ask(claim(exactly(count=11), constraints=DISTINCT))
    assert isinstance(outcome, NoSolution) and not outcome.limit_reached and outcome.steps < 20


def test_admin_access_takes_nothing_from_others() -> None:
    world = World(device("a"))
    world.take(claim(exactly()))
    admin = claim(exactly(adminAccess=True))
    result = world.take(admin)
    assert encode(result)["devices"]["results"][0]["adminAccess"] is True
    assert world.names(claim(exactly(count=1))) is None
    assert world.names(claim(exactly("x", adminAccess=True), exactly("y", adminAccess=True))) is None


def test_a_device_with_shares_that_is_no_longer_shared_is_not_given_away_whole() -> None:
    world = World(device("a", allowMultipleAllocations=True, capacity={"mem": {"value": "10"}}))
    world.take(claim(exactly(capacity={"requests": {"mem": "1"}})))
    world.slice("s", device("a", capacity={"mem": {"value": "10"}}))
    assert world.names(claim(exactly(capacity={"requests": {"mem": "5"}}))) is None


def test_a_node_that_is_named_twice_is_tried_once_and_never_remembered_wrongly() -> None:
    world = World(device("a"))
    node = Node("n1")
    allocator, nodes = Allocator(world.inventory, world.ledger), Nodes([node, node])
    asked = allocator.asked([claim(exactly())])
    assert asked.hopeful(nodes) == b"\x01" and isinstance(asked.on(node), Allocated)
    world.take(claim(exactly()))
    asked = allocator.asked([claim(exactly())])
    assert asked.hopeful(nodes) == b"\x01" and isinstance(asked.on(node), NoSolution)
    assert asked.hopeful(nodes) == b"\x00"
