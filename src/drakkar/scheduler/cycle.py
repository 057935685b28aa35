"""One scheduling decision: a pod and a snapshot of the cluster in, a node or the reasons against every node out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from drakkar.allocator import alternatives_score
from drakkar.api.object import Uid
from drakkar.api.resource import AllocationResult
from drakkar.placement import UNSCHEDULABLE, Form, NodeInfo, Reason, Snapshot, StandingClaims, choose

from .dra import Blocked, ClaimPlan, Wanted
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
    """Why the pod goes nowhere."""

    message: str
    unavailable: list[Wanted] = field(default_factory=list)
    error: bool = False


class _Claims(StandingClaims[Wanted]):
    """A pod's claims, as the choice of a node sees them."""

    def __init__(self, plan: ClaimPlan, ask: Ask) -> None:
        held = [(one, has) for one in plan.allocated if (has := one.struct.status.allocation) is not None]
        super().__init__(held, [claim.struct for claim in plan.unallocated], alternatives_score)
        self._asking = ask(plan.unallocated) if plan.unallocated else None

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
    if isinstance(plan, Blocked):
        return Unplaced(fit_message(len(snapshot.nodes), {}, plan.reason))
    form = snapshot.form(known.pod, known.needs)
    try:
        claims = _Claims(plan, ask)
        chosen = choose(snapshot, form, claims)
        if chosen is None:
            return _nowhere(snapshot, form, claims)
    except AttemptError as error:
        return Unplaced(str(error), error=True)
    node, found = chosen
    uids = [claim.uid for claim in plan.unallocated]
    return Placed(node.name, dict(zip(uids, found, strict=True)))


def _nowhere(snapshot: Snapshot, form: Form, claims: _Claims) -> Unplaced:
    counted: Counter[str] = Counter()
    unavailable: dict[str, Wanted] = {}
    for node in snapshot.nodes:
        reasons = _counted(form.objections(node)) or {claims.why_not(node)}
        if NOT_HERE in reasons:
            unavailable.update((one.uid, one) for one, _ in claims.beyond(node))
        counted.update(reasons)
    return Unplaced(fit_message(len(snapshot.nodes), counted), list(unavailable.values()))


def _counted(objections: list[Reason]) -> set[str]:
    """What the message counts a node by: a cordon says all there is to say."""
    texts = {reason.text for reason in objections}
    return {UNSCHEDULABLE.text} if UNSCHEDULABLE.text in texts else texts
