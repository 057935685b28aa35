"""Feeds the allocator from watch events and asks it for devices: the one place where plain objects become its structs."""

from __future__ import annotations

import logging
from typing import Any, TypeVar

from drakkar.allocator import Allocated, Allocator, Failure, Inventory, Ledger, Node, NoSolution
from drakkar.api.features import Features
from drakkar.api.held_devices import held_devices
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
from .long_selectors import LongSelectors

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

    def __init__(self, features: Features | None = None, compat: str | None = None) -> None:
        """`compat="1.37"` makes the allocator copy upstream's quirks; ValueError for a version that is not known."""
        self.inventory = Inventory()
        self.ledger = Ledger()
        self._allocator = Allocator(self.inventory, self.ledger, features, compat)
        # The allocator knows a node by its struct, so that an object keeps its struct as long as it is the same.
        self._places: dict[str, tuple[Object, Node]] = {}
        self._long_selectors = LongSelectors()
        self._asked: tuple[list[Object], list[ResourceClaim]] = ([], [])
        self._stored: dict[str, AllocationResult] = {}
        self._assumed: dict[str, AllocationResult] = {}

    def slice_changed(self, kind: str, old: Object | None, new: Object | None) -> None:
        found = _read(ResourceSlice, new)
        if found is not None:
            for fault in self.inventory.set_slice(found):
                _log.error("ResourceSlice %s: %s", found.metadata.name, fault)
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
        uid = (new or old or {})["metadata"].get("uid", "")
        # Also of a claim that cannot be read as a whole: what it holds is nobody else's.
        found = held_devices(new) if new is not None else None
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

    def clashes(self, uid: str, node: str = "") -> dict[str, frozenset[str]]:
        """What a claim has and others have too, which is nobody's right; each with the uids of the others.

        Whole devices; and with the node that they are on also what is shared, and more than there is. Only another
        scheduler on the same devices can bring that about.
        """
        found = {f"device {key}": others for key, others in self.ledger.clashes(uid).items()}
        known = self._places.get(node)
        return found if known is None else found | self._allocator.overdrafts(uid, known[1])

    def unprepared(self, claims: list[Object]) -> list[str]:
        """The selectors of the claims that take a while to compile and were not compiled yet."""
        return self._long_selectors.unprepared(claims)

    def prepare(self, expressions: list[str]) -> None:
        """Compile selectors; to be called in a thread."""
        self._long_selectors.prepare(expressions)

    def _settle(self, uid: str) -> None:
        # What the server says wins: an allocation never changes in place.
        self.ledger.set_claim(uid, self._stored.get(uid) or self._assumed.get(uid))

    def node_changed(self, kind: str, old: Object | None, new: Object | None) -> None:
        """Forget a node that is gone."""
        if new is None and old is not None:
            self._places.pop(_name(old), None)

    def _place(self, node: Object) -> Node:
        name = node["metadata"]["name"]
        known = self._places.get(name)
        if known is not None and known[0] is node:
            return known[1]
        place = Node.of(node)
        if known is not None and known[1].same(place):
            # Its status changes all the time, and mostly in what makes no difference here.
            place = known[1]
        self._places[name] = node, place
        return place

    def _claims(self, claims: list[Object]) -> list[ResourceClaim]:
        # A pod's claims are asked for node after node.
        if self._asked[0] is not claims:
            self._asked = claims, [decode(ResourceClaim, claim) for claim in claims]
        return self._asked[1]

    def allocate(self, claims: list[Object], node: Object) -> list[Object] | AllocationFailed:
        """One allocation for each of the claims on the node, or why there is none."""
        try:
            wanted = self._claims(claims)
        except DecodeError as error:
            return AllocationFailed(str(error), error=True)
        outcome = self._allocator.allocate(wanted, self._place(node))
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
