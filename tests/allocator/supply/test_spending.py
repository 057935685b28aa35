"""What a device in use takes stays taken, whatever its driver publishes later (K21)."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from drakkar.allocator import Allocator, Failure, Inventory, Ledger, Node, NoSolution
from drakkar.api.features import COMPATIBILITY_GROUPS, Features
from drakkar.api.resource import (
    AllocationResult,
    DeviceAllocationResult,
    DeviceClass,
    DeviceRequestAllocationResult,
    ResourceSlice,
    decode,
)

from ..world import DRIVER, claim, device, exactly

NODE = Node("n1")


def uses(amount: int, counter_set: str = "card", **fields: Any) -> list[dict[str, Any]]:
    return [{"counterSet": counter_set, "counters": {"m": {"value": str(amount)}}, **fields}]


class Card:
    """A pool with a counter set of four, published by its driver again and again, and an allocator that looks on."""

    def __init__(self, compat: str | None = None, total: int = 4) -> None:
        self.total = total
        self.generation = 0
        self.inventory, self.ledger = Inventory(), Ledger()
        self.inventory.set_class(decode(DeviceClass, {"metadata": {"name": "c"}, "spec": {}}))
        self.allocator = Allocator(self.inventory, self.ledger, compat=compat)

    def publish(self, *devices: dict[str, Any], count: int = 2, counter_set: str = "card") -> None:
        self.generation += 1
        sets = [{"name": counter_set, "counters": {"m": {"value": str(self.total)}}}]
        self._set("counters", count, sharedCounters=sets)
        self._set("devices", count, devices=list(devices))

    def _set(self, name: str, count: int, **spec: Any) -> None:
        pool = {"name": "p", "generation": self.generation, "resourceSliceCount": count}
        body = {"driver": DRIVER, "nodeName": "n1", "pool": pool, **spec}
        self.inventory.set_slice(decode(ResourceSlice, {"metadata": {"name": name}, "spec": body}))

    def withdraw(self) -> None:
        self.inventory.remove_slice("devices")
        self.inventory.remove_slice("counters")

    def hold(self, name: str, uid: str = "owner", **result: Any) -> None:
        one = DeviceRequestAllocationResult(request="r", driver=DRIVER, pool="p", device=name, **result)
        self.ledger.set_claim(uid, AllocationResult(devices=DeviceAllocationResult(results=(one,))))

    def gives(self) -> list[str]:
        """Every device that one after the other would be given away, were it asked for by name."""
        found = []
        for name in ("left", "right", "small", "plain"):
            wanted = claim(exactly(cel=f"device.attributes['{DRIVER}'].id == '{name}'"))
            outcome = self.allocator.allocate([wanted], NODE)
            if not isinstance(outcome, Failure | NoSolution):
                found.append(name)
        return found


def part(name: str, amount: int = 0) -> dict[str, Any]:
    return device(name, id=name, **({"consumesCounters": uses(amount)} if amount else {}))


ALL = (part("left", 3), part("right", 4), part("small", 1), part("plain"))


def _without(card: Card) -> None:
    card.publish(*ALL[1:])


def _with_less(card: Card) -> None:
    card.publish(part("left", 1), *ALL[1:])


def _with_nothing(card: Card) -> None:
    card.publish(part("left"), *ALL[1:])


def _half_and_then_without(card: Card) -> None:
    card.publish(*ALL[1:], count=5)
    assert card.gives() == []
    card.publish(*ALL[1:])


def _gone_and_back_without(card: Card) -> None:
    card.withdraw()
    assert card.gives() == []
    card.publish(*ALL[1:])


def _less_and_less(card: Card) -> None:
    for amount in (2, 1):
        card.publish(part("left", amount), *ALL[1:])
    card.publish(*ALL[1:])


CHANGES = [
    _without,
    _with_less,
    _with_nothing,
    _half_and_then_without,
    _gone_and_back_without,
    _less_and_less,
]


@pytest.mark.parametrize("asked_between", [True, False])
@pytest.mark.parametrize("change", CHANGES, ids=[change.__name__ for change in CHANGES])
def test_it_stays_spent_until_the_claim_is_gone(change: Callable[[Card], None], asked_between: bool) -> None:
    card = Card()
    card.publish(*ALL)
    card.hold("left")
    if asked_between:
        assert card.gives() == ["small", "plain"]
    change(card)
    assert card.gives() == ["small", "plain"]
    # The same claim again, as after a change of its status, is no reason to forget.
    card.hold("left")
    assert card.gives() == ["small", "plain"]
    card.ledger.remove_claim("owner")
    assert set(card.gives()) >= {"right", "small", "plain"}


def test_compat_does_as_upstream() -> None:
    card = Card(compat="1.37")
    card.publish(*ALL)
    card.hold("left")
    _without(card)
    assert card.gives() == ["right", "small", "plain"]


def test_what_was_never_seen_blocks_whatever_consumes_counters() -> None:
    card = Card()
    card.publish(*ALL[1:])
    card.hold("left")
    assert card.gives() == ["plain"]
    card.ledger.remove_claim("owner")
    assert card.gives() == ["right", "small", "plain"]


def test_counters_under_other_names_do_not_hide_it() -> None:
    card = Card()
    card.publish(*ALL)
    card.hold("left")
    renamed = device("right", id="right", consumesCounters=uses(4, "other"))
    card.publish(renamed, part("plain"), counter_set="other")
    assert card.gives() == ["plain"]


def test_a_device_that_took_nothing_blocks_nothing_once_it_is_gone() -> None:
    card = Card()
    card.publish(*ALL)
    card.hold("plain")
    card.publish(*ALL[:3])
    assert card.gives() == ["left", "right", "small"]


def test_the_compatibility_groups_of_then_count_too() -> None:
    card = Card()

    def grouped(name: str, amount: int, group: str) -> dict[str, Any]:
        return device(name, id=name, consumesCounters=uses(amount, compatibilityGroups=[group]))

    on = Features(Features.default() | {COMPATIBILITY_GROUPS})
    card.allocator = Allocator(card.inventory, card.ledger, on)
    card.publish(grouped("left", 1, "one"), grouped("right", 1, "one"), grouped("small", 1, "two"))
    card.hold("left")
    card.publish(grouped("right", 1, "one"), grouped("small", 1, "two"))
    assert card.gives() == ["right"]


def test_a_share_of_a_capacity_that_is_gone_closes_the_device() -> None:
    card = Card()
    shared = device("left", id="left", allowMultipleAllocations=True, capacity={"mem": {"value": "10"}})
    card.publish(shared)
    card.hold("left", share_id="s", consumed_capacity={"mem": "9"})
    renamed = device("left", id="left", allowMultipleAllocations=True, capacity={"memory": {"value": "10"}})
    card.publish(renamed)
    assert card.gives() == []
    card.ledger.remove_claim("owner")
    assert card.gives() == ["left"]


def test_a_share_whose_amount_cannot_be_read_is_the_whole_device() -> None:
    card = Card()
    card.publish(device("left", id="left", allowMultipleAllocations=True, capacity={"mem": {"value": "10"}}))
    card.hold("left", share_id="s", consumed_capacity={"mem": "much"})
    assert card.gives() == []
    card.ledger.remove_claim("owner")
    assert card.gives() == ["left"]


@pytest.mark.parametrize("seed", range(30))
def test_no_history_of_publishing_overdraws_a_counter(seed: int) -> None:
    """Whatever the driver publishes in between: what claims took when they got it never sums up to more than there is."""
    dice = random.Random(seed)
    card = Card(total=8)
    names = [f"d{number}" for number in range(6)]
    published: dict[str, int] = {}
    held: dict[str, int] = {}
    for step in range(60):
        roll = dice.random()
        if roll < 0.4 or not published:
            published = {name: dice.randint(1, 4) for name in names if dice.random() < 0.6}
            card.publish(*(part(name, amount) for name, amount in published.items()))
        elif roll < 0.5:
            card.withdraw()
            published = {}
        elif roll < 0.6 and held:
            gone = dice.choice(sorted(held))
            card.ledger.remove_claim(gone)
            del held[gone]
        else:
            wanted = claim(exactly(), name=f"c{step}")
            outcome = card.allocator.allocate([wanted], NODE)
            if isinstance(outcome, Failure | NoSolution):
                continue
            (result,) = outcome.results[0].devices.results
            card.ledger.set_claim(wanted.metadata.uid, outcome.results[0])
            held[wanted.metadata.uid] = published[result.device]
            assert sum(held.values()) <= 8
    assert not held or card.ledger.in_pool((DRIVER, "p"))
    for uid in list(held):
        card.ledger.remove_claim(uid)
    assert not card.ledger.in_pool((DRIVER, "p"))


def test_devices_that_are_free_are_not_remembered() -> None:
    card = Card()
    card.publish(*ALL)
    key = next(
        entry for s in card.inventory.slices() for entry in s.devices if entry.device.name == "left"
    ).key
    _without(card)
    assert card.ledger.took(key) is None
