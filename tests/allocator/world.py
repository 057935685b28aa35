"""A small cluster in few words: devices, slices, claims, and what the allocator says to them."""

from __future__ import annotations

import itertools
from typing import Any

from drakkar.allocator import Allocated, Failure, Inventory, Ledger, Node, NoSolution, allocate
from drakkar.allocator.answer.report import Reporter
from drakkar.api.features import Features
from drakkar.api.resource import (
    AllocationResult,
    DeviceClass,
    DeviceTaintRule,
    ResourceClaim,
    ResourceSlice,
    decode,
)

DRIVER = "d.example"
_uids = itertools.count(1)


def device(name: str, **fields: Any) -> dict[str, Any]:
    """A device; `g="x"` is short for a string attribute, fields of the API are given by their names."""
    known = {
        "attributes", "capacity", "taints", "consumesCounters", "nodeName", "nodeSelector", "allNodes",
        "bindingConditions", "allowMultipleAllocations", "bindsToNode",
    }  # fmt: skip
    made: dict[str, Any] = {"name": name, "attributes": {}}
    for key, value in fields.items():
        if key in known:
            made[key] = value
        else:
            typed = "bool" if isinstance(value, bool) else "int" if isinstance(value, int) else "string"
            made["attributes"][key] = {typed: value}
    return made


def exactly(name: str = "r", count: int = 1, **fields: Any) -> dict[str, Any]:
    """A plain request; `cel="..."` is short for one selector."""
    return {"name": name, "exactly": _request(count, fields)}


def every(name: str = "r", **fields: Any) -> dict[str, Any]:
    return exactly(name, 0, allocationMode="All", **fields)


def first_available(name: str, *alternatives: dict[str, Any]) -> dict[str, Any]:
    parts = [{"name": part["name"], **part["exactly"]} for part in alternatives]
    return {"name": name, "firstAvailable": parts}


def _request(count: int, fields: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"deviceClassName": "c", "allocationMode": "ExactCount", "count": count}
    expression = fields.pop("cel", None)
    if expression is not None:
        made["selectors"] = [{"cel": {"expression": expression}}]
    return {**made, **fields}


def claim(*requests: dict[str, Any], name: str = "claim", **devices: Any) -> ResourceClaim:
    spec = {"devices": {"requests": list(requests), **devices}}
    meta = {"name": name, "namespace": "ns", "uid": f"u{next(_uids)}"}
    return decode(ResourceClaim, {"metadata": meta, "spec": spec})


class World:
    """An inventory with class `c` (no selectors) and a ledger."""

    def __init__(self, *devices: dict[str, Any], **spec: Any) -> None:
        self.inventory, self.ledger = Inventory(), Ledger()
        self.inventory.set_class(decode(DeviceClass, {"metadata": {"name": "c"}, "spec": {}}))
        if devices or spec:
            self.slice("s", *devices, **spec)

    def slice(
        self,
        name: str,
        *devices: dict[str, Any],
        pool: str = "p",
        generation: int = 1,
        count: int = 1,
        **spec: Any,
    ) -> None:
        where = (
            {}
            if spec.keys() & {"nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection"}
            else {"nodeName": "n1"}
        )
        body = {
            "driver": DRIVER,
            "pool": {"name": pool, "generation": generation, "resourceSliceCount": count},
            "devices": list(devices),
            **where,
            **spec,
        }
        self.inventory.set_slice(decode(ResourceSlice, {"metadata": {"name": name}, "spec": body}))

    def device_class(self, name: str, **spec: Any) -> None:
        self.inventory.set_class(decode(DeviceClass, {"metadata": {"name": name}, "spec": spec}))

    def rule(self, name: str, **spec: Any) -> None:
        self.inventory.set_rule(decode(DeviceTaintRule, {"metadata": {"name": name}, "spec": spec}))

    def ask(
        self,
        *claims: ResourceClaim,
        node: str = "n1",
        features: Features | None = None,
        reporter: Reporter | None = None,
        **options: Any,
    ) -> Allocated | NoSolution | Failure:
        return allocate(self.inventory, self.ledger, claims, Node(node), features, reporter, **options)

    def names(self, *claims: ResourceClaim, **options: Any) -> list[str] | str | None:
        """The chosen devices' names, the message of a failure, or None where there is no solution."""
        outcome = self.ask(*claims, **options)
        if isinstance(outcome, Failure):
            return outcome.message
        if isinstance(outcome, NoSolution):
            return None
        return [result.device for one in outcome.results for result in one.devices.results]

    def take(self, wanted: ResourceClaim, **options: Any) -> AllocationResult:
        """Allocate and write it into the ledger."""
        outcome = self.ask(wanted, **options)
        assert isinstance(outcome, Allocated), outcome
        self.ledger.set_claim(wanted.metadata.uid, outcome.results[0])
        return outcome.results[0]
