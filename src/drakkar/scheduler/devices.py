"""Feeds the allocator from watch events and asks it for devices: the one place where plain objects become its structs."""

from __future__ import annotations

import logging
from typing import Any, TypeVar

from drakkar.allocator import Allocated, Failure, Inventory, Ledger, Node, NoSolution, allocate
from drakkar.api.features import Features
from drakkar.api.resource import (
    AllocationResult,
    DecodeError,
    DeviceClass,
    DeviceTaintRule,
    ResourceClaim,
    ResourceSlice,
    decode,
    encode,
)

from .cycle import AllocationFailed

Object = dict[str, Any]
T = TypeVar("T")

_log = logging.getLogger(__name__)
_NONE = "cannot allocate all claims"


def _read(kind: type[T], obj: Object | None) -> T | None:
    """The struct, or None for an object that is gone or that no version of ours can read."""
    if obj is None:
        return None
    try:
        return decode(kind, obj)
    except DecodeError as error:
        # One broken object must not stop the scheduling of everything else.
        _log.error("%s %s is passed over: %s", kind.__name__, obj["metadata"].get("name"), error)
        return None


class AllocatorDevices:
    """What there is and what is in use. Allocations on their way to the server count as in use until released."""

    def __init__(self, features: Features | None = None) -> None:
        self.inventory = Inventory()
        self.ledger = Ledger()
        self._features = features or Features.default()
        self._stored: dict[str, AllocationResult] = {}
        self._assumed: dict[str, AllocationResult] = {}

    def slice_changed(self, kind: str, old: Object | None, new: Object | None) -> None:
        found = _read(ResourceSlice, new)
        if found is not None:
            self.inventory.set_slice(found)
        elif old is not None or new is not None:
            self.inventory.remove_slice(_name(new or old))

    def class_changed(self, kind: str, old: Object | None, new: Object | None) -> None:
        found = _read(DeviceClass, new)
        if found is not None:
            self.inventory.set_class(found)
        elif old is not None or new is not None:
            self.inventory.remove_class(_name(new or old))

    def rule_changed(self, kind: str, old: Object | None, new: Object | None) -> None:
        found = _read(DeviceTaintRule, new)
        if found is not None:
            self.inventory.set_rule(found)
        elif old is not None or new is not None:
            self.inventory.remove_rule(_name(new or old))

    def claim_changed(self, kind: str, old: Object | None, new: Object | None) -> None:
        uid = (new or old or {})["metadata"]["uid"]
        allocation = ((new or {}).get("status") or {}).get("allocation")
        found = _read(AllocationResult, {"metadata": {}, **allocation}) if allocation else None
        if found is not None:
            self._stored[uid] = found
        else:
            self._stored.pop(uid, None)
        self._settle(uid)

    def reserve(self, claim: Object, allocation: Object) -> None:
        """Count an allocation as in use before the server has it."""
        uid = claim["metadata"]["uid"]
        self._assumed[uid] = decode(AllocationResult, allocation)
        self._settle(uid)

    def release(self, uid: str) -> None:
        """What was reserved is stored, or will never be."""
        self._assumed.pop(uid, None)
        self._settle(uid)

    def _settle(self, uid: str) -> None:
        # What the server says wins: an allocation never changes in place.
        self.ledger.set_claim(uid, self._stored.get(uid) or self._assumed.get(uid))

    def allocate(self, claims: list[Object], node: Object) -> list[Object] | AllocationFailed:
        """One allocation for each of the claims on the node, or why there is none."""
        try:
            wanted = [decode(ResourceClaim, claim) for claim in claims]
        except DecodeError as error:
            return AllocationFailed(str(error), error=True)
        metadata = node["metadata"]
        declared = (node.get("status") or {}).get("declaredFeatures") or ()
        place = Node(metadata["name"], metadata.get("labels") or {}, frozenset(declared))
        outcome = allocate(self.inventory, self.ledger, wanted, place, self._features)
        match outcome:
            case Allocated(results):
                return [encode(result) for result in results]
            case Failure(message, on_node):
                return AllocationFailed(message, error=not on_node)
            case NoSolution(steps, limit_reached):
                why = f"{_NONE} (the search was ended after {steps} steps)" if limit_reached else _NONE
                return AllocationFailed(why)


def _name(obj: Object | None) -> str:
    return str((obj or {})["metadata"]["name"])
