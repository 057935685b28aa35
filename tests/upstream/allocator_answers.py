"""Answers of both allocators brought into one form, so that what must be equal can be compared."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from drakkar.allocator import Allocated, Failure, Inventory, Ledger, Node, allocate
from drakkar.api.features import Features
from drakkar.api.quantity import Quantity
from drakkar.api.resource import DeviceClass, ResourceClaim, ResourceSlice, decode, encode

Object = dict[str, Any]
# Enough for nearly all cases; what needs more is too hard for one side or the other and says nothing.
STEP_LIMIT = 50_000


class Answer(NamedTuple):
    """`kind` is allocated, none, node (an error for this node only), fatal or limit."""

    kind: str
    allocations: tuple[Object, ...] = ()
    message: str = ""
    steps: int = 0

    def same(self, other: Answer) -> bool:
        """Equal but for messages and steps."""
        return self[:2] == other[:2]

    def __str__(self) -> str:
        if self.kind != "allocated":
            return f"{self.kind} {self.message}".strip()
        chosen = [
            [
                f"{result['request']}={result['driver']}/{result['pool']}/{result['device']}"
                for result in one["results"]
            ]
            for one in self.allocations
        ]
        rest = [(one["config"], one["nodes"]) for one in self.allocations]
        return f"{chosen}, configs and nodes {rest}"


def _plain(allocation: Object) -> Object:
    """An allocation with share ids only as being there, amounts as numbers, and nothing absent."""
    devices = allocation.get("devices") or {}
    results = []
    for result in devices.get("results") or ():
        consumed = result.get("consumedCapacity") or {}
        results.append(
            {
                **{key: value for key, value in result.items() if value},
                "shareID": "shareID" in result,
                "consumedCapacity": {name: Quantity.parse(text).nanos for name, text in consumed.items()},
            }
        )
    configs = [
        {**config, "requests": list(config.get("requests") or ())} for config in devices.get("config") or ()
    ]
    return {"results": results, "config": configs, "nodes": allocation.get("nodeSelector")}


def upstream(answer: Object) -> Answer:
    """What the pipe said."""
    message, steps = answer.get("error", ""), answer["steps"]
    if answer.get("kind"):
        kind = str(answer["kind"])
        return Answer("limit" if kind == "timeout" else kind, message=message, steps=steps)
    if answer["allocations"] is None:
        return Answer("none", steps=steps)
    return Answer("allocated", tuple(_plain(one) for one in answer["allocations"]), steps=steps)


def inventory_of(case: Object) -> tuple[Inventory, Ledger]:
    """What there is and what is in use."""
    inventory, ledger = Inventory(), Ledger()
    for class_ in case["classes"]:
        inventory.set_class(decode(DeviceClass, class_))
    for slice_ in case["slices"]:
        inventory.set_slice(decode(ResourceSlice, slice_))
    for claim in case["allocated"]:
        taken = decode(ResourceClaim, claim)
        assert taken.status is not None
        ledger.set_claim(taken.metadata.uid, taken.status.allocation)
    return inventory, ledger


def ours(case: Object) -> Answer:
    """What `drakkar.allocator` says."""
    inventory, ledger = inventory_of(case)
    meta = case["node"]["metadata"]
    node = Node(meta["name"], meta.get("labels") or {})
    claims = [decode(ResourceClaim, claim) for claim in case["claims"]]
    features = Features(case["features"]) if case.get("features") is not None else None
    outcome = allocate(inventory, ledger, claims, node, features, step_limit=STEP_LIMIT)
    if isinstance(outcome, Failure):
        return Answer("node" if outcome.on_node else "fatal", message=outcome.message)
    if isinstance(outcome, Allocated):
        return Answer(
            "allocated",
            tuple(_plain(json.loads(json.dumps(encode(one)))) for one in outcome.results),
            steps=outcome.steps,
        )
    return Answer("limit" if outcome.limit_reached else "none", steps=outcome.steps)
