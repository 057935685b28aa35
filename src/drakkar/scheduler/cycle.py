"""One scheduling decision: a pod and a snapshot of the cluster in, a node or the reasons against every node out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from drakkar.allocator import alternatives_score
from drakkar.api.core import Pod
from drakkar.api.object import Uid
from drakkar.api.resource import AllocationResult
from drakkar.placement import LONELY, Form, NodeInfo, Snapshot, StandingClaims, choose, leaves_for_others

from .dra import Blocked, ClaimPlan, Wanted
from .fit_message import fit_message
from .room import NO_ROOM, Room, room_for, whatever_leaves
from .soundness import KnownPod

NO_NODES = "no nodes available to schedule pods"
NOT_HERE = "resourceclaim not available on the node"
Found = Sequence[AllocationResult]


class AttemptError(Exception):
    """Ends the attempt: an error that no node can help."""


class Asking(Protocol):
    """Claims that were brought before the allocator."""

    def hopeful(self, nodes: Sequence[NodeInfo]) -> bytes:
        """A byte for each node: 0 where it is known that the devices are not to be had there."""

    def on(self, node: NodeInfo) -> Found | str:
        """An allocation for each claim in order, or why there is none on this node. AttemptError."""


Ask = Callable[[list[Wanted]], Asking]


@dataclass(frozen=True)
class Placed:
    """Where the pod goes, and the new allocations by claim UID."""

    node: str
    allocations: dict[Uid, AllocationResult]


@dataclass(frozen=True)
class Unplaced:
    """Why the pod goes nowhere, and what comes of looking for room for it."""

    message: str
    unavailable: list[Wanted] = field(default_factory=list)
    error: bool = False
    room: Room = NO_ROOM
    # Whether it may help it that other pods are placed.
    lonely: bool = False

    def told(self, freed: str = "") -> str:
        """The whole message; `freed` is what was done of claims to help the pod."""
        # As upstream: where others make room, nothing else is told.
        after = (self.room.told,) if self.room.victims else (freed, self.room.told)
        return " ".join(filter(None, (self.message, ", ".join(filter(None, after)))))


class _Claims(StandingClaims[Wanted]):
    """A pod's claims, as the choice of a node sees them."""

    def __init__(self, plan: ClaimPlan, ask: Ask) -> None:
        held = [(one, has) for one in plan.allocated if (has := one.struct.status.allocation) is not None]
        super().__init__(held, [claim.struct for claim in plan.unallocated], alternatives_score)
        self._asking = ask(plan.unallocated) if plan.unallocated else None
        self.any = bool(plan.claims)

    def hopeful(self, nodes: Sequence[NodeInfo]) -> bytes | None:
        return None if self._asking is None else self._asking.hopeful(nodes)

    def why_not(self, node: NodeInfo) -> str:
        """What of the devices speaks against the node; nothing if nothing does."""
        found = () if self._asking is None else self._asking.on(node)
        if isinstance(found, str):
            return found
        return "" if self.reaches(node) else NOT_HERE

    def on(self, node: NodeInfo) -> Found | None:
        found = () if self._asking is None else self._asking.on(node)
        return found if not isinstance(found, str) and self.reaches(node) else None


def decide(
    known: KnownPod,
    snapshot: Snapshot,
    plan: ClaimPlan | Blocked,
    ask: Ask,
    leaves: Callable[[Pod], bool] = leaves_for_others,
) -> Placed | Unplaced:
    """The best of the first nodes that will do, or why there is none. `leaves` tells of pods that make room already."""
    if not snapshot.nodes:
        return Unplaced(NO_NODES)
    if isinstance(plan, Blocked):
        message = fit_message(len(snapshot.nodes), {}, plan.reason)
        return Unplaced(message, room=whatever_leaves(known.pod, len(snapshot.nodes)))
    form = snapshot.form(known.pod, known.needs)
    try:
        claims = _Claims(plan, ask)
        chosen = choose(snapshot, form, claims, known.key, known.priority)
        if chosen is None:
            return _nowhere(snapshot, form, claims, known, leaves)
    except AttemptError as error:
        return Unplaced(str(error), error=True)
    node, found = chosen
    uids = [claim.uid for claim in plan.unallocated]
    return Placed(node.name, dict(zip(uids, found, strict=True)))


def _nowhere(
    snapshot: Snapshot, form: Form, claims: _Claims, known: KnownPod, leaves: Callable[[Pod], bool]
) -> Unplaced:
    preemption = snapshot.preemption(form, known.priority)
    devices = claims.why_not if claims.any else None
    unavailable: dict[str, Wanted] = {}

    def why_not(node: NodeInfo) -> str:
        found = claims.why_not(node)
        if found == NOT_HERE:
            unavailable.update((one.uid, one) for one, _ in claims.beyond(node))
        return found

    counted = preemption.refused(known.key, why_not if claims.any else None)
    room = room_for(snapshot, preemption, known, devices, leaves)
    return Unplaced(
        fit_message(len(snapshot.nodes), counted),
        list(unavailable.values()),
        room=room,
        lonely=not LONELY.isdisjoint(counted),
    )
