"""Answers of both allocators brought into one form, so that what must be equal can be compared."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from drakkar.allocator import Allocated, Failure, Inventory, Ledger, Node, allocate
from drakkar.allocator.compat import Quirks
from drakkar.api.features import Features
from drakkar.api.quantity import Quantity
from drakkar.api.resource import DeviceClass, ResourceClaim, ResourceSlice, decode, encode

Object = dict[str, Any]
COMPAT = "1.37"
# Enough for nearly all cases; what needs more is too hard for one side or the other and says nothing.
STEP_LIMIT = 50_000

# What follows these words is told in upstream's own way: by cel-go, by protobuf, or with numbers that nobody asked for.
_OWN_WORDS = re.compile(
    r"(CEL compile error:|CEL runtime error:|derived attribute \S+ (?:on device \S+ )?failed:"
    r"|failed to parse node selector"
    r"|cannot be represented in the device's range arithmetic).*",
    re.DOTALL,
)
_DEVICE_DUMP = re.compile(r"(node selection for device ).*( in slice \S+: ).*", re.DOTALL)
_CAPACITY = re.compile(r"(checking capacity for device (?:\S+/)?(\S+): ).*", re.DOTALL)


class Answer(NamedTuple):
    """`kind` is allocated, none, node (an error for this node only), fatal, limit, or panic; `message` is comparable."""

    kind: str
    allocations: tuple[Object, ...] = ()
    message: str = ""
    steps: int = 0

    def same(self, other: Answer) -> bool:
        """The same devices with all that is told of them, or the same kind of refusal."""
        return self[:2] == other[:2]

    def same_words(self, other: Answer) -> bool:
        """The same in the words of an error, too."""
        return self[:3] == other[:3]

    def __str__(self) -> str:
        if self.kind != "allocated":
            return f"{self.kind} {self.message}".strip()
        return f"allocated {json.dumps(self.allocations)}"


def _comparable(message: str, case: Object) -> str:
    """The message without what need not be equal."""
    capacity = _CAPACITY.search(message)
    if capacity:
        devices = [device for one in case["slices"] for device in one["spec"].get("devices") or ()]
        if any(one["name"] == capacity[2] and len(one.get("capacity") or ()) > 1 for one in devices):
            # With several capacities at fault chance says which of them is named (quirk K20).
            return message[: capacity.end(1)]
    message = _DEVICE_DUMP.sub(r"\1\2", message)
    return _OWN_WORDS.sub(r"\1", message)


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


def upstream(answer: Object, case: Object) -> Answer:
    """What the pipe said."""
    steps = answer["steps"]
    if answer.get("kind"):
        kind = str(answer["kind"])
        assert kind != "input", f"case {case['id']} is none: {answer['error']}"
        message = _comparable(answer.get("error", ""), case)
        return Answer("limit" if kind == "timeout" else kind, message=message, steps=steps)
    if answer["allocations"] is None:
        return Answer("none", steps=steps)
    return Answer("allocated", tuple(_plain(one) for one in answer["allocations"]), steps=steps)


class World:
    """A case as our own objects, ready to be asked in any mode."""

    def __init__(self, case: Object) -> None:
        self.case = case
        self.inventory, self.ledger = Inventory(), Ledger()
        for class_ in case["classes"]:
            self.inventory.set_class(decode(DeviceClass, class_))
        for slice_ in case["slices"]:
            self.inventory.set_slice(decode(ResourceSlice, slice_))
        for claim in case["allocated"]:
            taken = decode(ResourceClaim, claim)
            self.ledger.set_claim(taken.metadata.uid, taken.status.allocation)
        meta = case["node"]["metadata"]
        declared = (case["node"].get("status") or {}).get("declaredFeatures") or ()
        self.node = Node(meta["name"], meta.get("labels") or {}, frozenset(declared))
        self.claims = [decode(ResourceClaim, claim) for claim in case["claims"]]
        self.features = Features(case["features"]) if case.get("features") is not None else None

    def ours(self, compat: str | Quirks | None = None) -> Answer:
        """What `drakkar.allocator` says."""
        outcome = allocate(
            self.inventory,
            self.ledger,
            self.claims,
            self.node,
            self.features,
            step_limit=STEP_LIMIT,
            compat=compat,
        )
        if isinstance(outcome, Failure):
            message = _comparable(outcome.message, self.case)
            return Answer("node" if outcome.on_node else "fatal", message=message)
        if isinstance(outcome, Allocated):
            plain = tuple(_plain(json.loads(json.dumps(encode(one)))) for one in outcome.results)
            return Answer("allocated", plain, steps=outcome.steps)
        return Answer("limit" if outcome.limit_reached else "none", steps=outcome.steps)
