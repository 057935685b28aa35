"""Places pods one after the other as a scheduler would, each with the devices that are left; the world stays as it is."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Collection, Hashable, Sequence
from typing import NamedTuple

import msgspec

from drakkar.allocator import Allocator, DeviceKey, Node, Nodes
from drakkar.api.features import Features
from drakkar.api.object import ObjectKey, Uid
from drakkar.api.resource import AllocationResult, ResourceClaim
from drakkar.collector import nothing_collected
from drakkar.placement import Form, NodeInfo, PodVolumes, Victims, choose
from drakkar.planner.findings import (
    ChosenDevice,
    ClaimFinding,
    Holder,
    NodeFinding,
    Plan,
    PodFinding,
)
from drakkar.planner.plan.evidence import Evidence
from drakkar.planner.plan.extended_claim import extended_claim
from drakkar.planner.plan.like_nodes import Twin, Twins, for_node, may_be_shared
from drakkar.planner.plan.pod_claims import NoNodeHelpsError, PodClaims
from drakkar.planner.report.node_explainer import NodeExplainer
from drakkar.planner.report.preemption_text import without_help
from drakkar.planner.report.summary import summary
from drakkar.planner.world.members import Claim, Pod
from drakkar.planner.world.world import World

# A claim serves this many pods (dra-semantics 1.6.4).
_MOST_USERS = 256
Signature = tuple[bytes, ...]


def _signature(claims: Sequence[ResourceClaim]) -> Signature:
    """What decides where there are devices for the claims: what is only for drivers does not."""
    asked = (claim.spec.devices for claim in claims)
    return tuple(msgspec.json.encode((one.requests, one.constraints)) for one in asked)


class LookedAt(NamedTuple):
    """What is known of a node: found out there, or at one that stands alike, with its devices' names for those of that one."""

    evidence: Evidence
    devices: dict[str, str] | None = None


class Planner:
    """A plan in the making: what is allocated and used so far. `explain_placed` names pods whose every node is explained."""

    def __init__(
        self, world: World, features: Features | None = None, explain_placed: Collection[str] = ()
    ) -> None:
        self._world = world
        self._features = Features.default() if features is None else features
        self._explain_placed = frozenset(explain_placed)
        self._ledger = world.ledger()
        self._snapshot = world.snapshot.copy()
        self._claims: dict[Uid, Claim] = {
            claim.uid: claim for claim in (*world.claims.values(), *world.salvaged)
        }
        for pod in world.pods:
            self._claims.update((one.claim.uid, one.claim) for one in pod.claims if one.claim is not None)
        self._allocations: dict[Uid, AllocationResult] = {
            claim.uid: claim.allocation for claim in self._claims.values() if claim.allocation is not None
        }
        self._reserved = {uid: len(c.struct.status.reserved_for) for uid, c in self._claims.items()}
        self._share = itertools.count(1)
        self._allocator = Allocator(
            world.inventory,
            self._ledger,
            self._features,
            share_id=lambda: str(uuid.UUID(int=next(self._share))),
        )
        self._nodes = Nodes(world.places[one.name] for one in self._snapshot.nodes)
        self._explainer = NodeExplainer(world.inventory, self._ledger, self._features, self._whose)
        # What was found out, by node and what was asked; good until the node's devices change.
        self._explained: dict[str, dict[Signature, LookedAt]] = {}
        # By what was asked and how the node stands to it: findings that hold for every node that stands alike.
        self._twins: dict[Signature, Twins] = {}
        self._alike: dict[tuple[Signature, Hashable], Twin] = {}
        # The first pod that went nowhere, by what it asked for and why: of those after it that alone is told.
        self._told: dict[tuple[Signature, str], str] = {}

    def run(self) -> Plan:
        """Place every pod of the world, in the order of the scheduler's queue."""
        found = tuple(self.place(pod) for pod in self._world.pods)
        notes = list(self._world.notes)
        if any(one.victims for one in found):
            notes.append("pods that are pushed off, and what is made in their place, are not placed again")
        return Plan(pods=found, notes=tuple(notes), nodes=len(self._snapshot.nodes))

    def place(self, pod: Pod, tell: bool = True) -> PodFinding:
        """Find a node for the pod and write down what it takes there; or say why there is none, unless not to `tell`."""
        blocked = [*pod.blocked, *self._overused(pod)]
        if blocked:
            return self._unplaced(pod, "; ".join(blocked))
        if not self._snapshot.nodes:
            return self._unplaced(pod, "there is no node")
        form, volumes = self._snapshot.form(pod.struct), self._snapshot.volumes_of(pod.struct)
        refusal = form.refusal or ("" if volumes is None else volumes.refusal)
        if refusal:
            return self._unplaced(pod, refusal)
        claims = PodClaims(
            self._of(pod),
            self._allocations,
            self._allocator,
            self._world.places,
            self._nodes,
            extended_claim(pod, form.backing),
        )
        try:
            found = choose(self._snapshot, form, claims, volumes, pod.key, pod.priority)
        except NoNodeHelpsError as failed:
            # The scheduler gives up on the pod here, whatever other nodes have.
            structs = claims.structs_on(failed.node)
            only = self._finding(structs, _signature(structs), failed.node.name)
            return self._unplaced(pod, failed.failure.told, (only,))
        room = self._room_for(pod, form, claims, volumes) if found is None else None
        if found is None and not tell and not isinstance(room, Victims):
            return self._unplaced(pod, "no node does")
        explained: tuple[NodeFinding, ...] = ()
        if pod.label in self._explain_placed or (found is None and not isinstance(room, Victims)):
            explained = tuple(self._look_at(node, form, claims, volumes) for node in self._snapshot.nodes)
        victims: tuple[str, ...] = ()
        if isinstance(room, Victims):
            found, victims = self._made(room, claims), tuple("/".join(one.key) for one in room.pods)
        if found is None:
            reason = summary(explained)
            first = self._told.setdefault((_signature(claims.structs), reason), pod.label)
            if first == pod.label or pod.label in self._explain_placed:
                return self._unplaced(
                    pod, reason, explained, preemption=room if isinstance(room, str) else ""
                )
            return self._unplaced(pod, reason, same_as=first)
        node, results = found[0].name, found[1]
        if volumes is not None:
            self._snapshot.volumes.expect(volumes.on(found[0]), node)
        open_claims = claims.sought_on(found[0])
        self._commit(pod, node, open_claims, results)
        return PodFinding(
            namespace=pod.namespace,
            name=pod.name,
            origin=pod.origin,
            node=node,
            claims=self._claim_findings(pod, {claim.uid for claim in open_claims})
            + tuple(self._extended_finding(claim) for claim in open_claims if claim.extended),
            victims=victims,
            nodes=explained,
            scheduler_error=pod.scheduler_error,
            other_scheduler=pod.other_scheduler,
        )

    def _room_for(self, pod: Pod, form: Form, claims: PodClaims, volumes: PodVolumes | None) -> Victims | str:
        """Who would leave for the pod, or why nobody does; nothing where there is nobody less important."""
        if self._world.least_priority >= pod.priority:
            return ""
        preemption = self._snapshot.preemption(form, pod.priority, volumes)
        if why := preemption.ineligible(pod.struct, pod.key):
            return f"no preemption: {why}"
        try:
            found = preemption.chosen(pod.key, claims.why_not if claims.any else None)
        except NoNodeHelpsError:
            return "nobody's leaving would help"
        return found if isinstance(found, Victims) else without_help(found)

    def _made(self, room: Victims, claims: PodClaims) -> tuple[NodeInfo, tuple[AllocationResult, ...]] | None:
        """The node once they have left it, and what is allocated there; their devices stay theirs for the time being."""
        for one in room.pods:
            self._snapshot.take_off(one.key)
        node = self._snapshot.node(room.node)
        results = None if node is None else claims.on(node)
        return None if node is None or results is None else (node, results)

    def explain_claim(self, claim: Claim) -> tuple[NodeFinding, ...]:
        """Every node for a claim that no pod uses, devices alone."""
        structs = [claim.struct]
        signature = _signature(structs)
        return tuple(self._finding(structs, signature, name) for name in self._world.places)

    def allocation(self, claim: Claim) -> AllocationResult | None:
        """What a claim has by now."""
        return self._allocations.get(claim.uid)

    def _of(self, pod: Pod) -> list[Claim]:
        found = {one.claim.uid: one.claim for one in pod.claims if one.claim is not None}
        return list(found.values())

    def _overused(self, pod: Pod) -> list[str]:
        return [
            f"ResourceClaim {claim.label} is used by {_MOST_USERS} pods, the most there may be"
            for claim in self._of(pod)
            if self._reserved.get(claim.uid, 0) >= _MOST_USERS
        ]

    def _look_at(
        self, node: NodeInfo, form: Form, claims: PodClaims, volumes: PodVolumes | None
    ) -> NodeFinding:
        """Why the node does not do, of all that is wrong with it; or that it does."""
        reasons = [reason.told for reason in form.everything(node, volumes)] + claims.out_of_reach(node)
        if reasons or claims.on(node) is not None:
            return NodeFinding(node=node.name, reasons=tuple(reasons))
        structs = claims.structs_on(node)
        return self._finding(structs, _signature(structs), node.name)

    def _finding(self, structs: Sequence[ResourceClaim], signature: Signature, name: str) -> NodeFinding:
        known = self._explained.setdefault(name, {})
        found = known.get(signature)
        if found is None:
            found = known[signature] = self._looked_at(structs, signature, self._world.places[name])
        told = found.evidence.told(structs)
        return told if found.devices is None else for_node(told, name, found.devices)

    def _looked_at(self, structs: Sequence[ResourceClaim], signature: Signature, place: Node) -> LookedAt:
        """What was found out about the node, or about one that stands alike."""
        twins = self._twins.get(signature)
        if twins is None:
            twins = self._twins[signature] = Twins(self._world.inventory, structs)
        situation = twins.situation(self._allocator.asked(structs), place)
        if situation is None:
            return LookedAt(Evidence(self._explainer, structs, place))
        twin = self._alike.get((signature, situation.key))
        if twin is not None:
            return LookedAt(twin.evidence, dict(zip(twin.devices, situation.devices, strict=True)))
        found = Evidence(self._explainer, structs, place)
        if may_be_shared(found.told(structs), situation.devices):
            self._alike[signature, situation.key] = Twin(found, situation.devices)
        return LookedAt(found)

    def _whose(self, key: DeviceKey) -> tuple[Holder, ...]:
        found = []
        for uid in sorted(self._ledger.holders(key)):
            claim = self._claims.get(uid)
            if claim is not None:
                found.append(Holder(claim=claim.label, pods=tuple(self._users(claim))))
        return tuple(found)

    def _users(self, claim: Claim) -> list[str]:
        users = self._world.users.get(claim.uid)
        if users is not None:
            return users
        namespace, owner = claim.struct.metadata.namespace, claim.struct.metadata.controller
        if claim.extended and owner is not None:
            return [f"{namespace}/{owner.name}"]
        return [
            f"{namespace}/{one.name}" for one in claim.struct.status.reserved_for if one.resource == "pods"
        ]

    def _commit(
        self, pod: Pod, node: str, claims: list[Claim], results: tuple[AllocationResult, ...]
    ) -> None:
        self._snapshot.put(ObjectKey(pod.namespace, pod.name), pod.struct, node)
        for claim in self._of(pod):
            self._reserved[claim.uid] = self._reserved.get(claim.uid, 0) + 1
        beyond = False
        for claim, result in zip(claims, results, strict=True):
            self._allocations[claim.uid] = result
            # Of one that was made for the pod nobody knew before.
            self._claims[claim.uid] = claim
            self._ledger.set_claim(claim.uid, result)
            pools = {(one.driver, one.pool) for one in result.devices.results}
            beyond = beyond or any(
                entry.slice.spec.node_name != node
                for pool in pools
                for entry in self._world.inventory.of_pool(pool)
            )
        if not claims:
            return
        if beyond:
            # Other nodes see the pool too.
            self._explained.clear()
        else:
            self._explained.pop(node, None)

    def _claim_findings(self, pod: Pod, fresh: Collection[str]) -> tuple[ClaimFinding, ...]:
        return tuple(
            ClaimFinding(
                entry=one.entry,
                claim=one.claim.label,
                template=one.claim.template,
                shared=one.claim.uid in self._allocations and one.claim.uid not in fresh,
                devices=chosen(self._allocations.get(one.claim.uid)),
            )
            for one in pod.claims
            if one.claim is not None
        )

    def _extended_finding(self, claim: Claim) -> ClaimFinding:
        devices = chosen(self._allocations.get(claim.uid))
        return ClaimFinding(entry=claim.extended, claim=claim.label, devices=devices)

    def _unplaced(
        self,
        pod: Pod,
        reason: str,
        nodes: tuple[NodeFinding, ...] = (),
        same_as: str = "",
        preemption: str = "",
    ) -> PodFinding:
        return PodFinding(
            namespace=pod.namespace,
            name=pod.name,
            origin=pod.origin,
            claims=self._claim_findings(pod, ()),
            reason=reason,
            preemption=preemption,
            nodes=nodes,
            same_as=same_as,
            scheduler_error=pod.scheduler_error,
            other_scheduler=pod.other_scheduler,
        )


def chosen(allocation: AllocationResult | None) -> tuple[ChosenDevice, ...]:
    """The devices of an allocation."""
    if allocation is None:
        return ()
    return tuple(
        ChosenDevice(
            request=one.request,
            driver=one.driver,
            pool=one.pool,
            device=one.device,
            share_id=one.share_id or "",
            consumed_capacity=one.consumed_capacity,
            admin_access=bool(one.admin_access),
        )
        for one in allocation.devices.results
    )


@nothing_collected()
def plan(world: World, features: Features | None = None) -> Plan:
    """Where every pod of the world would go, and why not for those that go nowhere."""
    return Planner(world, features).run()
