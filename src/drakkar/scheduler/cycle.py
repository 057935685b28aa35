"""One scheduling decision: a pod and a snapshot of the cluster in, a node or the reasons against every node out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from drakkar.allocator import alternatives_score
from drakkar.api.object import Uid
from drakkar.api.resource import AllocationResult
from drakkar.placement import (
    NOTHING_TO_BIND,
    UNSCHEDULABLE,
    Form,
    NodeInfo,
    PodVolumes,
    Reason,
    Snapshot,
    StandingClaims,
    Variants,
    VolumeBindings,
    choose,
)

from .dra import Blocked, ClaimPlan, Wanted
from .extended_claim import Variant, extended_claim
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
    """Why the pod goes nowhere."""

    message: str
    unavailable: list[Wanted] = field(default_factory=list)
    error: bool = False
    leftover: StoredClaim | None = None


class _Claims(StandingClaims[Wanted]):
    """A pod's claims, as the choice of a node sees them."""

    def __init__(self, plan: ClaimPlan, ask: Ask, extended: Variants[Variant] | None) -> None:
        """`extended` is the claim to be made, where DeviceClasses stand for something that the pod asks for."""
        held = [(one, has) for one in plan.allocated if (has := one.struct.status.allocation) is not None]
        super().__init__(held, [claim.struct for claim in plan.unallocated], alternatives_score)
        self._ask, self._unallocated, self._extended = ask, plan.unallocated, extended
        self._leftover = None if extended is None else plan.leftover
        self._gave_up = plan.gave_up
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


def fit_message(total: int, counted: Mapping[str, int], everywhere: str = "", after: str = "") -> str:
    """The sentence that users find in the event and in the pod's condition."""
    text = f"0/{total} nodes are available:"
    if everywhere:
        text += f" {everywhere}."
    if counted:
        text += " " + ", ".join(sorted(f"{count} {reason}" for reason, count in counted.items())) + "."
    return f"{text} {after}" if after else text


def decide(known: KnownPod, snapshot: Snapshot, plan: ClaimPlan | Blocked, ask: Ask) -> Placed | Unplaced:
    """The best of the first nodes that will do, or why there is none."""
    if not snapshot.nodes:
        return Unplaced(NO_NODES)
    form, volumes = snapshot.form(known.pod, known.needs), snapshot.volumes_of(known.pod)
    refusal = form.refusal or ("" if volumes is None else volumes.refusal)
    if refusal or isinstance(plan, Blocked):
        why = refusal or (plan.reason if isinstance(plan, Blocked) else "")
        return Unplaced(fit_message(len(snapshot.nodes), {}, why))
    try:
        extended = extended_claim(known, form.backing)
        claims = _Claims(plan, ask, extended)
        chosen = choose(snapshot, form, claims, volumes)
        if chosen is None:
            leftover = None if extended is None else plan.leftover
            return _nowhere(snapshot, form, claims, volumes, leftover)
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
) -> Unplaced:
    counted: Counter[str] = Counter()
    unavailable: dict[str, Wanted] = {}
    for node in snapshot.nodes:
        reasons = _counted(form.objections(node, volumes)) or {claims.why_not(node)}
        if NOT_HERE in reasons:
            unavailable.update((one.uid, one) for one, _ in claims.beyond(node))
        counted.update(reasons)
    message = fit_message(len(snapshot.nodes), counted)
    return Unplaced(message, list(unavailable.values()), leftover=leftover)


def _counted(objections: list[Reason]) -> set[str]:
    """What the message counts a node by: a cordon says all there is to say."""
    texts = {reason.text for reason in objections}
    return {UNSCHEDULABLE.text} if UNSCHEDULABLE.text in texts else texts
