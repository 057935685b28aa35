"""Whatever an allocator has seen and learned before, it answers as one that sees the same world for the first time.

The cases are those of the comparison with upstream; the original itself is not needed here.
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from drakkar.allocator import Allocated, Allocator, Failure, Inventory, Ledger, Node, Nodes, Outcome, allocate
from drakkar.api.features import Features
from drakkar.api.resource import (
    AllocationResult,
    DeviceClass,
    DeviceTaintRule,
    ResourceClaim,
    ResourceSlice,
    decode,
)

from .allocator_answers import COMPAT
from .allocator_cases import generate
from .allocator_dice import Dice
from .allocator_places import NODE

Object = dict[str, Any]
NODES = (
    Node("n1", NODE["metadata"]["labels"]),
    Node("n2", {"zone": "z2"}),
    Node("n3", {"zone": "z1"}, frozenset({"DRAOptionalNodeOperations"})),
)
EVENTS = 12
STEPS = 2000


class History:
    """A world that changes, and an allocator that has been there from the beginning."""

    def __init__(self, seed: int) -> None:
        self.dice = Dice(f"history {seed}")
        # Kept, as by who asks again and again.
        self.nodes = Nodes(NODES)
        self.cases = [generate(3 * seed + number) for number in range(3)]
        self.features = Features(self.cases[0]["features"])
        self.compat = self.dice.one(None, None, COMPAT)
        self.inventory, self.ledger = Inventory(), Ledger()
        self.allocator = Allocator(
            self.inventory, self.ledger, self.features, self.compat, STEPS, lambda: "share"
        )
        # The same once more, as plain objects.
        self.slices: dict[str, ResourceSlice] = {}
        self.classes: dict[str, DeviceClass] = {}
        self.rules: dict[str, DeviceTaintRule] = {}
        self.held: dict[str, AllocationResult] = {}
        self.shares = itertools.count()

    def event(self) -> None:
        case = self.dice.one(*self.cases)
        match self.dice.one(
            "slices", "slices", "slice", "no slice", "class", "rule", "holder", "take", "free"
        ):
            case "slices":
                for one in case["slices"]:
                    self.set_slice(one)
            case "slice" if case["slices"]:
                self.set_slice(self.dice.one(*case["slices"]))
            case "no slice" if self.slices:
                name = self.dice.one(*sorted(self.slices))
                del self.slices[name]
                self.inventory.remove_slice(name)
            case "class":
                self.set_class(self.dice.one(*case["classes"]))
            case "rule":
                self.change_rule()
            case "holder" if case["allocated"]:
                holder = decode(ResourceClaim, self.dice.one(*case["allocated"]))
                assert holder.status.allocation is not None
                self.set_claim(holder.metadata.uid, holder.status.allocation)
            case "take":
                self.take(case)
            case "free" if self.held:
                uid = self.dice.one(*sorted(self.held))
                del self.held[uid]
                self.ledger.remove_claim(uid)

    def set_slice(self, one: Object) -> None:
        made = decode(ResourceSlice, one)
        # Compat mode sees the order in which slices came, and a slice that is changed comes anew.
        self.slices.pop(made.metadata.name, None)
        self.slices[made.metadata.name] = made
        self.inventory.set_slice(made)

    def set_class(self, one: Object) -> None:
        made = decode(DeviceClass, one)
        self.classes[made.metadata.name] = made
        self.inventory.set_class(made)

    def change_rule(self) -> None:
        name = self.dice.one("one", "two")
        if name in self.rules and self.dice.chance(0.5):
            del self.rules[name]
            self.inventory.remove_rule(name)
            return
        selector = self.dice.one({}, {"device": "d0"}, {"pool": "p0"}, {"driver": "b.example"})
        spec = {
            "taint": {"key": "t", "effect": self.dice.one("NoSchedule", "None")},
            "deviceSelector": selector,
        }
        self.rules[name] = decode(DeviceTaintRule, {"metadata": {"name": name}, "spec": spec})
        self.inventory.set_rule(self.rules[name])

    def set_claim(self, uid: str, allocation: AllocationResult) -> None:
        self.held[uid] = allocation
        self.ledger.set_claim(uid, allocation)

    def take(self, case: Object) -> None:
        claims = [decode(ResourceClaim, claim) for claim in case["claims"]]
        outcome = allocate(
            self.inventory,
            self.ledger,
            claims,
            self.dice.one(*NODES),
            self.features,
            step_limit=STEPS,
            share_id=lambda: f"share-{next(self.shares)}",
            compat=self.compat,
        )
        if isinstance(outcome, Allocated):
            for number, result in enumerate(outcome.results):
                self.set_claim(f"taken-{next(self.shares)}-{number}", result)

    def fresh(self) -> tuple[Inventory, Ledger]:
        """What there is now, as if it had always been there."""
        inventory, ledger = Inventory(), Ledger()
        for class_ in self.classes.values():
            inventory.set_class(class_)
        for slice_ in self.slices.values():
            inventory.set_slice(slice_)
        for rule in self.rules.values():
            inventory.set_rule(rule)
        for uid, allocation in self.held.items():
            ledger.set_claim(uid, allocation)
        return inventory, ledger

    def compare(self) -> None:
        case = self.dice.one(*self.cases)
        claims = [decode(ResourceClaim, claim) for claim in case["claims"]]
        inventory, ledger = self.fresh()
        expected = [
            said(
                allocate(
                    inventory, ledger, claims, node, self.features, None, STEPS, lambda: "share", self.compat
                )
            )
            for node in NODES
        ]
        assert [said(self.allocator.allocate(claims, node)) for node in NODES] == expected
        asked = self.allocator.asked(claims)
        # Where there is said to be no hope there is none, and once all were tried that is known of each without.
        without = [isinstance(one, bool) for one in expected]
        assert all(hope or none for hope, none in zip(asked.hopeful(self.nodes), without, strict=True))
        assert [said(asked.on(node)) for node in NODES] == expected
        assert [not hope for hope in asked.hopeful(self.nodes)] == without


def said(outcome: Outcome) -> object:
    """What shows of an outcome, apart from how it was come by; a search cut short says nothing that must be equal."""
    if isinstance(outcome, Allocated):
        return outcome.results
    return outcome if isinstance(outcome, Failure) else outcome.limit_reached


@pytest.mark.parametrize("seed", range(100))
def test_history_shows_in_no_answer(seed: int) -> None:
    history = History(seed)
    for class_ in history.cases[0]["classes"]:
        history.set_class(class_)
    for _ in range(EVENTS):
        history.event()
        history.compare()


def test_an_old_generation_counts_again_once_the_new_one_is_gone() -> None:
    """Even on a node that had nothing of the new one."""
    history = History(0)
    history.set_class({"metadata": {"name": "any"}, "spec": {}})
    pool = {"name": "p", "generation": 1, "resourceSliceCount": 1}
    spec = {"driver": "a.example", "pool": pool, "devices": [{"name": "a"}], "allNodes": True}
    history.set_slice({"metadata": {"name": "old"}, "spec": spec})
    spec = {"driver": "a.example", "pool": {**pool, "generation": 2}, "devices": [], "nodeName": "n1"}
    history.set_slice({"metadata": {"name": "new"}, "spec": spec})
    one = {"name": "r", "exactly": {"deviceClassName": "any", "allocationMode": "ExactCount", "count": 1}}
    claims = [decode(ResourceClaim, {"metadata": {"name": "c"}, "spec": {"devices": {"requests": [one]}}})]
    allocator = Allocator(history.inventory, history.ledger)
    assert not isinstance(allocator.allocate(claims, NODES[1]), Allocated)
    history.inventory.remove_slice("new")
    assert isinstance(allocator.allocate(claims, NODES[1]), Allocated)
