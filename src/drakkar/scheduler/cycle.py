"""One scheduling decision: a pod and a snapshot of the cluster in, a node or the reasons against every node out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from drakkar.allocator import alternatives_score
from drakkar.api.core import Pod
from drakkar.api.object import Uid
from drakkar.api.resource import AllocationResult
from drakkar.placement import (
    LONELY,
    NOTHING_TO_BIND,
    Form,
    NodeInfo,
    PodVolumes,
    Snapshot,
    StandingClaims,
    Variants,
    VolumeBindings,
    choose,
    leaves_for_others,
)

from .dra import Blocked, ClaimPlan, Wanted
from .extended_claim import Variant, extended_claim
from .fit_message import fit_message
from .room import NO_ROOM, Room, room_for, whatever_leaves
from .soundness import KnownPod
from .stored_claim import StoredClaim

NO_NODES = "no nodes available to schedule pods"
NOT_HERE = "resourceclaim not available on the node"
LEFT_OVER = "cannot schedule extended resource claim"
# What upstream puts before an error of the plugin that sees to devices.
FILTER = 'running "DynamicResources" filter plugin: '
PREBIND = 'running PreBind plugin "DynamicResources": '
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
    """Where the pod goes, and the new allocations by claim UID; `extended` is the claim to be made for extended resources,
    `volumes` what is still to be done for its volumes.
    """

    node: str
    allocations: dict[Uid, AllocationResult]
    extended: Variant | None = None
    volumes: VolumeBindings = NOTHING_TO_BIND


@dataclass(frozen=True)
class Unplaced:
    """Why the pod goes nowhere, and what comes of looking for room for it."""

    message: str
    unavailable: list[Wanted] = field(default_factory=list)
    error: bool = False
    leftover: StoredClaim | None = None
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

    def __init__(self, plan: ClaimPlan, ask: Ask, extended: Variants[Variant] | None) -> None:
        """`extended` is the claim to be made, where DeviceClasses stand for something that the pod asks for."""
        held = [(one, has) for one in plan.allocated if (has := one.struct.status.allocation) is not None]
        super().__init__(held, [claim.struct for claim in plan.unallocated], alternatives_score)
        self._ask, self._unallocated, self._extended = ask, plan.unallocated, extended
        self._leftover = None if extended is None else plan.leftover
        self._gave_up = plan.gave_up
        self.any = bool(plan.claims) or extended is not None
        self._asking: dict[Variant | None, Asking | None] = {}

    def _with(self, variant: Variant | None) -> Asking | None:
        """The claims that are sought, and for some nodes one more; None for none."""
        if variant not in self._asking:
            sought = self._unallocated if variant is None else [*self._unallocated, variant.wanted]
            self._asking[variant] = self._ask(sought) if sought else None
        return self._asking[variant]

    def beyond(self, node: NodeInfo) -> Iterator[tuple[Wanted, str]]:
        yield from ((claim, "") for claim in self._gave_up)
        yield from super().beyond(node)

    def made_on(self, node: NodeInfo) -> Variant | None:
        """The claim that is to be made for the pod on the node."""
        return None if self._extended is None else self._extended.on(node)

    @property
    def everywhere(self) -> Found | None:
        told = self.speak_of_nodes or self._extended is not None or bool(self._gave_up)
        return None if told else ()

    def hopeful(self, nodes: Sequence[NodeInfo]) -> bytes | None:
        if self._leftover is not None:
            return bytes(len(nodes))

        def of(variant: Variant | None) -> bytes | None:
            asking = self._with(variant)
            return None if asking is None else asking.hopeful(nodes)

        return of(None) if self._extended is None else self._extended.hopeful(of)

    def why_not(self, node: NodeInfo) -> str:
        """What of the devices speaks against the node; nothing if nothing does."""
        found = self._sought(node)
        if isinstance(found, str):
            return found
        return "" if self.reaches(node) else NOT_HERE

    def on(self, node: NodeInfo) -> Found | None:
        found = self._sought(node)
        return found if not isinstance(found, str) and self.reaches(node) else None

    def _sought(self, node: NodeInfo) -> Found | str:
        if self._leftover is not None:
            return LEFT_OVER
        asking = self._with(self.made_on(node))
        return () if asking is None else asking.on(node)

    def worth(self, found: Found) -> int:
        return super().worth(found[: len(self.structs)])


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
    form, volumes = snapshot.form(known.pod, known.needs), snapshot.volumes_of(known.pod)
    refusal = form.refusal or ("" if volumes is None else volumes.refusal)
    if refusal or isinstance(plan, Blocked):
        why = refusal or (plan.reason if isinstance(plan, Blocked) else "")
        message = fit_message(len(snapshot.nodes), {}, why)
        return Unplaced(message, room=whatever_leaves(known.pod, len(snapshot.nodes)))
    try:
        extended = extended_claim(known, form.backing)
        claims = _Claims(plan, ask, extended)
        chosen = choose(snapshot, form, claims, volumes, known.key, known.priority)
        if chosen is None:
            leftover = None if extended is None else plan.leftover
            return _nowhere(snapshot, form, claims, volumes, leftover, known, leaves)
    except AttemptError as error:
        return Unplaced(str(error), error=True)
    node, found = chosen
    made = claims.made_on(node)
    uids = [claim.uid for claim in plan.unallocated]
    if made is not None:
        uids.append(made.wanted.uid)
    binding = NOTHING_TO_BIND if volumes is None else volumes.on(node)
    return Placed(node.name, dict(zip(uids, found, strict=True)), made, binding)


def _nowhere(
    snapshot: Snapshot,
    form: Form,
    claims: _Claims,
    volumes: PodVolumes | None,
    leftover: StoredClaim | None,
    known: KnownPod,
    leaves: Callable[[Pod], bool],
) -> Unplaced:
    preemption = snapshot.preemption(form, known.priority, volumes)
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
        leftover=leftover,
        room=room,
        lonely=not LONELY.isdisjoint(counted),
    )
