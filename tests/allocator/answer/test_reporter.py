"""What a reporter hears agrees with what the search does, and is there for programs: no words, but structs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drakkar.allocator import Allocated, DeviceKey, Failure, Node, NoSolution, Reporter, allocate
from drakkar.allocator.compat import Quirks
from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.objections import (
    CapacityMissing,
    CapacityTooSmall,
    CounterShort,
    InUse,
    Lack,
    Objection,
    OnAnotherNode,
    PoolOverdrawn,
    SelectorFalse,
    Tainted,
)
from drakkar.allocator.rules.requests import Ask
from drakkar.allocator.supply.pool_account import PoolAccount
from drakkar.api.features import Features
from drakkar.api.quantity import Quantity
from drakkar.api.resource import AllocationResult, decode

from ..test_properties import (
    LISTS,
    NODES,
    claims,
    decoded,
    inventory_of,
    ledger_of,
    quick,
    worlds,
)
from ..test_properties import World as Drawn
from ..world import DRIVER, World, claim, device, exactly

BOTH = (None, "1.37")
TAINT = {"key": "t", "effect": "NoSchedule"}


class Heard(Reporter):
    """Writes everything down."""

    def __init__(self) -> None:
        self.asks: Sequence[Ask] = ()
        self.pools: Sequence[PoolAccount] = ()
        self.against: dict[tuple[int, DeviceKey], Sequence[Objection]] = {}
        self.rejected: list[tuple[str, str, Objection]] = []
        self.lacking: list[tuple[str, Lack]] = []

    def reading(self, asks: Sequence[Ask]) -> None:
        self.asks = asks

    def gathering(self, pools: Sequence[PoolAccount]) -> None:
        self.pools = pools

    def examining_device(
        self, ask: Ask, device: DeviceEntry, pool: PoolAccount, against: Sequence[Objection]
    ) -> None:
        assert self.against.setdefault((ask.index, device.key), against) is against, "told twice"

    def rejecting_device(self, ask: Ask, device: DeviceKey, why: Objection) -> None:
        self.rejected.append((ask.name, device.device, why))

    def giving_up(self, ask: Ask, why: Lack) -> None:
        self.lacking.append((ask.name, why))

    def free(self) -> list[DeviceKey]:
        """The devices against which nothing stands for the only request, in the search's order."""
        usable = [account.pool for account in self.pools if account.pool.usable]
        return [entry.key for pool in usable for entry in pool.devices if not self.against[0, entry.key]]


@quick
@given(worlds(), claims("new"), st.sampled_from(NODES), st.sampled_from(BOTH), st.booleans())
def test_a_device_that_nothing_stands_against_is_one_that_is_chosen(
    world: Drawn, wanted: dict[str, Any], node: str, compat: str | None, lists: bool
) -> None:
    slices, taken = world
    first = wanted["spec"]["devices"]["requests"][0]
    if "firstAvailable" in first:
        first = {"name": first["name"], "exactly": first["firstAvailable"][0] | {}}
        first["exactly"].pop("name")
    first["exactly"] |= {"allocationMode": "ExactCount", "count": 1}
    wanted["spec"]["devices"]["requests"] = [first]
    heard = Heard()
    features = LISTS if lists else Features.default()
    outcome = allocate(
        *(inventory_of(slices), ledger_of(taken), decoded([wanted]), Node(node), features, heard),
        compat=compat,
    )
    if isinstance(outcome, Allocated):
        [chosen] = outcome.results[0].devices.results
        assert heard.free()[0] == (chosen.driver, chosen.pool, chosen.device)
    elif isinstance(outcome, NoSolution):
        assert heard.free() == []
        assert heard.lacking


def _use(amount: int) -> list[dict[str, Any]]:
    return [{"counterSet": "set", "counters": {"m": {"value": str(amount)}}}]


def _counted(total: int, *devices: dict[str, Any]) -> World:
    world = World()
    world.slice(
        "counters", count=2, sharedCounters=[{"name": "set", "counters": {"m": {"value": str(total)}}}]
    )
    world.slice("devices", *devices, count=2)
    return world


def _hold(world: World, uid: str, name: str) -> None:
    result = {"request": "r", "driver": DRIVER, "pool": "p", "device": name}
    world.ledger.set_claim(uid, decode(AllocationResult, {"devices": {"results": [result]}}))


def test_all_that_stands_against_a_device_is_told_with_who_holds_it() -> None:
    world = World(device("a", taints=[TAINT], kind="x"))
    _hold(world, "holder", "a")
    heard = Heard()
    wanted = exactly(cel=f'device.attributes["{DRIVER}"].kind == "y"', capacity={"requests": {"mem": "1"}})
    assert isinstance(world.ask(claim(wanted), reporter=heard), NoSolution)
    [against] = heard.against.values()
    in_use, selector, missing, taint = against
    assert in_use == InUse(("holder",))
    assert isinstance(selector, SelectorFalse) and heard.asks[0].own_selector(selector.selector)
    assert missing == CapacityMissing("mem")
    assert isinstance(taint, Tainted) and taint.taint.key == "t"
    assert heard.rejected == [("r", "a", in_use)]
    assert heard.lacking == [("r", Lack.TOO_FEW)]


def test_amounts_come_as_amounts() -> None:
    world = World(device("a", capacity={"mem": {"value": "2"}}, allowMultipleAllocations=True))
    heard = Heard()
    world.ask(claim(exactly(capacity={"requests": {"mem": "3"}})), reporter=heard)
    assert list(heard.against.values()) == [
        [CapacityTooSmall("mem", Quantity.parse("3"), Quantity.parse("2"))]
    ]


def test_what_is_short_beside_what_is_chosen_is_told_as_the_search_comes_to_it() -> None:
    world = _counted(3, device("a", consumesCounters=_use(2)), device("b", consumesCounters=_use(2)))
    heard = Heard()
    assert isinstance(world.ask(claim(exactly("r1"), exactly("r2")), reporter=heard), NoSolution)
    assert all(not against for against in heard.against.values())
    two, one, zero, three = map(Quantity.parse, ("2", "1", "0", "3"))
    assert ("r2", "b", CounterShort("set", "m", two, one, zero, three)) in heard.rejected


def test_the_rest_of_an_overdrawn_pool_is_kept_back_only_where_upstream_does() -> None:
    sets = [
        {"name": "set", "counters": {"m": {"value": "1"}}},
        {"name": "other", "counters": {"m": {"value": "1"}}},
    ]
    other = [{"counterSet": "other", "counters": {"m": {"value": "1"}}}]
    world = World()
    world.slice("counters", count=2, sharedCounters=sets)
    world.slice(
        "devices", device("a", consumesCounters=_use(2)), device("b", consumesCounters=other), count=2
    )
    _hold(world, "holder", "a")
    heard = Heard()
    quirks = Quirks(k5_overdrawn_counters=True)
    assert isinstance(world.ask(claim(exactly()), reporter=heard, compat=quirks), NoSolution)
    assert heard.against[0, DeviceKey(DRIVER, "p", "b")] == [PoolOverdrawn(("holder",))]
    assert ("r", "b", PoolOverdrawn(("holder",))) in heard.rejected
    assert isinstance(world.ask(claim(exactly()), reporter=heard.__class__()), Allocated)


@pytest.mark.parametrize("wrong", [{"deviceClassName": "nowhere"}, {"capacity": {"requests": {"mem": "x"}}}])
def test_a_request_that_is_at_fault_is_told_of_as_it_is_written(wrong: dict[str, Any]) -> None:
    heard = Heard()
    world = World(device("a", capacity={"mem": {"value": "2"}}))
    outcome = world.ask(claim(exactly("good"), exactly("bad", **wrong), exactly("last")), reporter=heard)
    assert isinstance(outcome, Failure)
    assert [ask.name for ask in heard.asks] == ["good", "bad", "last"]
    told = [bool(against) for against in heard.against.values()]
    assert told == [False, True, False]


def test_devices_of_a_pool_that_cannot_be_used_are_told_of_too() -> None:
    world = World()
    world.slice(
        "s", device("a", nodeName="n2"), device("b", nodeName="n1"), count=2, perDeviceNodeSelection=True
    )
    heard = Heard()
    assert isinstance(world.ask(claim(exactly()), reporter=heard), NoSolution)
    [account] = heard.pools
    assert account.pool.incomplete == "1 of 2 slices"
    assert list(heard.against.values()) == [[OnAnotherNode()], []]
