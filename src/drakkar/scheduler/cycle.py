"""One scheduling decision: a pod and a snapshot of the cluster in, a node or the reasons against every node out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from .affinity import concerns_pods, node_reasons, pod_reasons, preferred_weight
from .dra import Blocked, ClaimPlan, prioritized_score, unavailable_claims
from .nodefit import Requests, amount, fit_reasons
from .taints import soft_taints, taint_reasons

Object = dict[str, Any]
ENOUGH_NODES = 100


@dataclass
class Snapshot:
    """The nodes in a stable order and the pods placed on them, pods still being bound included."""

    nodes: list[Object]
    pods_on: Mapping[str, list[Object]] = field(default_factory=dict)
    namespaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    requests: Requests = field(default_factory=Requests)


@dataclass(frozen=True)
class AllocationFailed:
    """Why devices could not be found on one node; an error ends the whole attempt."""

    reason: str
    error: bool = False


Allocate = Callable[[list[Object], Object], list[Object] | AllocationFailed]
"""Unallocated claims and a node in; one allocation per claim, in order, out."""


@dataclass(frozen=True)
class Placed:
    """Where the pod goes, and the new allocations by claim UID."""

    node: str
    allocations: dict[str, Object]


@dataclass(frozen=True)
class Unplaced:
    """Why the pod goes nowhere."""

    message: str
    by_node: dict[str, list[str]] = field(default_factory=dict)
    unavailable: list[Object] = field(default_factory=list)
    error: bool = False


def fit_message(total: int, by_node: Mapping[str, list[str]], everywhere: str = "", after: str = "") -> str:
    """The sentence that users find in the event and in the pod's condition."""
    text = f"0/{total} nodes are available:"
    if everywhere:
        text += f" {everywhere}."
    counted = Counter(reason for reasons in by_node.values() for reason in reasons)
    if counted:
        text += " " + ", ".join(sorted(f"{count} {reason}" for reason, count in counted.items())) + "."
    return f"{text} {after}" if after else text


def _normal(values: list[int]) -> list[Fraction]:
    highest = max(values, default=0)
    return [Fraction(100 * value, highest) if highest > 0 else Fraction(0) for value in values]


def _free_share(pod: Object, node: Object, on_node: list[Object], requests: Requests) -> Fraction:
    allocatable = (node.get("status") or {}).get("allocatable") or {}
    needs = [requests.of(one) for one in (*on_node, pod)]
    shares = []
    for name in ("cpu", "memory"):
        total = amount(allocatable.get(name, 0))
        if total > 0:
            free = total - sum([need.get(name, 0) for need in needs])
            shares.append(Fraction(100 * max(0, free), total))
    return sum(shares, Fraction(0)) / len(shares) if shares else Fraction(0)


def decide(
    pod: Object, snapshot: Snapshot, plan: ClaimPlan | Blocked, allocate: Allocate
) -> Placed | Unplaced:
    """Filter all nodes, then take the best of those that remain; ties go to the first in snapshot order."""
    total = len(snapshot.nodes)
    if not total:
        return Unplaced("no nodes available to schedule pods")
    if isinstance(plan, Blocked):
        return Unplaced(fit_message(total, {}, plan.reason))
    pairs = [
        (other, node)
        for node in snapshot.nodes
        for other in snapshot.pods_on.get(node["metadata"]["name"], [])
    ]
    between_pods = concerns_pods(pod, (other for other, _ in pairs))
    by_node: dict[str, list[str]] = {}
    unavailable: dict[str, Object] = {}
    fits: list[tuple[Object, dict[str, Object]]] = []
    for node in snapshot.nodes:
        name = node["metadata"]["name"]
        on_node = snapshot.pods_on.get(name, [])
        reasons = (
            taint_reasons(pod, node)
            or node_reasons(pod, node)
            or fit_reasons(pod, node, on_node, snapshot.requests)
            or (pod_reasons(pod, node, pairs, snapshot.namespaces) if between_pods else [])
        )
        allocations: dict[str, Object] = {}
        if not reasons:
            missing = unavailable_claims(plan, node)
            if plan.unallocated:
                found = allocate(plan.unallocated, node)
                if isinstance(found, AllocationFailed):
                    if found.error:
                        return Unplaced(found.reason, error=True)
                    reasons = [found.reason]
                else:
                    uids = [claim["metadata"]["uid"] for claim in plan.unallocated]
                    allocations = dict(zip(uids, found, strict=True))
            if missing and not reasons:
                unavailable.update((claim["metadata"]["uid"], claim) for claim in missing)
                reasons = ["resourceclaim not available on the node"]
        if reasons:
            by_node[name] = reasons
            continue
        fits.append((node, allocations))
        if len(fits) >= ENOUGH_NODES:
            break
    if not fits:
        return Unplaced(fit_message(total, by_node), by_node, list(unavailable.values()))
    affinity = _normal([preferred_weight(pod, node) for node, _ in fits])
    taints = _normal([soft_taints(pod, node) for node, _ in fits])
    chosen = _normal(
        [prioritized_score(plan.claims, allocations) if plan.unallocated else 0 for _, allocations in fits]
    )
    free = [
        _free_share(pod, node, snapshot.pods_on.get(node["metadata"]["name"], []), snapshot.requests)
        for node, _ in fits
    ]
    scores = [
        2 * a + 3 * (100 - t) + 2 * c + f for a, t, c, f in zip(affinity, taints, chosen, free, strict=True)
    ]
    node, allocations = fits[scores.index(max(scores))]
    return Placed(node["metadata"]["name"], allocations)
