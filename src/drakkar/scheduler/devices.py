"""Feeds the allocator from watch events and asks it for devices: the one place where plain objects become its structs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from drakkar import allocator
from drakkar.allocator import (
    Allocated,
    Allocator,
    Failure,
    Inventory,
    Ledger,
    Node,
    Nodes,
    NoSolution,
    PausedError,
)
from drakkar.api.core import Node as CoreNode
from drakkar.api.features import Features
from drakkar.api.held_devices import held_devices
from drakkar.api.object import Object, Uid
from drakkar.api.resource import (
    AllocationResult,
    DecodeError,
    DeviceClass,
    DeviceTaintRule,
    ResourceSlice,
    decode,
)
from drakkar.client.changes import Change
from drakkar.placement import NodeInfo

from .cycle import FILTER, AttemptError
from .dra import Wanted
from .long_selectors import LongSelectors

T = TypeVar("T")

_log = logging.getLogger(__name__)
_NONE = "cannot allocate all claims"
# What the selectors of one pod may cost in one attempt, in upstream's units: ten devices asked what costs most, or hundreds
# of thousands asked what people ask.
_EFFORT = 10_000_000
_PAUSED = "the selectors of its claims have cost enough for one attempt; the next one goes on with them"


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
        # The allocator knows a node by its struct, so that a node keeps its struct as long as it is the same.
        self._places: dict[str, Node] = {}
        self._nodes: tuple[Sequence[NodeInfo], Nodes] | None = None
        self._long_selectors = LongSelectors()
        self._stored: dict[Uid, AllocationResult] = {}
        self._assumed: dict[Uid, AllocationResult] = {}

    def slice_changed(self, change: Change) -> None:
        old, new = change.old, change.new
        found = _read(ResourceSlice, new)
        if found is not None:
            for fault in self.inventory.set_slice(found):
                _log.error("ResourceSlice %s: %s", found.metadata.name, fault)
        elif old is not None or new is not None:
            self.inventory.remove_slice(_name(new or old))

    def class_changed(self, change: Change) -> None:
        old, new = change.old, change.new
        found = _read(DeviceClass, new)
        if found is not None:
            self.inventory.set_class(found)
        elif old is not None or new is not None:
            self.inventory.remove_class(_name(new or old))

    def rule_changed(self, change: Change) -> None:
        old, new = change.old, change.new
        found = _read(DeviceTaintRule, new)
        if found is not None:
            self.inventory.set_rule(found)
        elif old is not None or new is not None:
            self.inventory.remove_rule(_name(new or old))

    def claim_changed(self, change: Change) -> None:
        old, new = change.old, change.new
        uid: Uid = (new or old or {})["metadata"].get("uid", "")
        # Also of a claim that cannot be read as a whole: what it holds is nobody else's.
        found = held_devices(new) if new is not None else None
        if found is not None:
            self._stored[uid] = found
        else:
            self._stored.pop(uid, None)
        self._settle(uid)

    def reserve(self, uid: Uid, allocation: AllocationResult) -> None:
        """Count an allocation of the claim as in use before the server has it."""
        self._assumed[uid] = allocation
        self._settle(uid)

    def release(self, uid: Uid) -> None:
        """What was reserved is stored, or will never be."""
        self._assumed.pop(uid, None)
        self._settle(uid)

    def clashes(self, uid: Uid, node: str = "") -> dict[str, frozenset[Uid]]:
        """What a claim has and others have too, which is nobody's right; each with the uids of the others.

        Whole devices; and with the node that they are on also what is shared, and more than there is. Only another
        scheduler on the same devices can bring that about.
        """
        found = {f"device {key}": others for key, others in self.ledger.clashes(uid).items()}
        known = self._places.get(node)
        return found if known is None else found | self._allocator.overdrafts(uid, known)

    def unprepared(self, claims: list[Object]) -> list[str]:
        """The selectors of the claims that take a while to compile and were not compiled yet."""
        return self._long_selectors.unprepared(claims)

    def prepare(self, expressions: list[str]) -> None:
        """Compile selectors; to be called in a thread."""
        self._long_selectors.prepare(expressions)

    def _settle(self, uid: Uid) -> None:
        # What the server says wins: an allocation never changes in place.
        self.ledger.set_claim(uid, self._stored.get(uid) or self._assumed.get(uid))

    def node_changed(self, name: str, node: CoreNode | None) -> None:
        """Take in a node, or that there is none of that name; its status changes all the time, and mostly in what makes no
        difference here.
        """
        known = self._places.get(name)
        place = None if node is None else Node.of(node)
        if place is None:
            self._places.pop(name, None)
        elif known is None or not known.same(place):
            self._places[name] = place
        else:
            return
        self._nodes = None

    def ask(self, claims: list[Wanted]) -> Asked:
        """Bring claims forward that are to be allocated; good until something changes."""
        self._allocator.within(_EFFORT)
        return Asked(self._allocator.asked([claim.struct for claim in claims]), self._all, self._places)

    def _all(self, nodes: Sequence[NodeInfo]) -> Nodes:
        """The allocator's nodes in the order of these, kept for as long as both are the same."""
        if self._nodes is None or self._nodes[0] is not nodes:
            self._nodes = nodes, Nodes(self._places[node.name] for node in nodes)
        return self._nodes[1]


class Asked:
    """The claims of one pod before the allocator."""

    def __init__(
        self,
        asked: allocator.Asked,
        in_order: Callable[[Sequence[NodeInfo]], Nodes],
        places: Mapping[str, Node],
    ) -> None:
        self._asked, self._in_order, self._places = asked, in_order, places

    def hopeful(self, nodes: Sequence[NodeInfo]) -> bytes:
        """A byte for each node: 0 where it is known that the devices are not to be had there."""
        return self._asked.hopeful(self._in_order(nodes))

    def on(self, node: NodeInfo) -> Sequence[AllocationResult] | str:
        """One allocation for each of the claims on the node, or why there is none; AttemptError."""
        try:
            found = self._asked.on(self._places[node.name])
        except PausedError:
            raise AttemptError(_PAUSED) from None
        match found:
            case Allocated(results):
                return results
            case Failure(message, on_node):
                if not on_node:
                    raise AttemptError(f"{FILTER}{message}")
                return message
            case NoSolution(steps, limit_reached):
                return f"{_NONE} (the search was ended after {steps} steps)" if limit_reached else _NONE


def _name(obj: Object | None) -> str:
    return str((obj or {})["metadata"]["name"])
