"""Why a node does not take a pod: in upstream's words, which count for all nodes, and in full for this one."""

from __future__ import annotations

from typing import NamedTuple


class Reason(NamedTuple):
    """`text` is what the scheduler's message counts nodes by; `told` says the same of this node, with names and amounts."""

    text: str
    told: str


UNSCHEDULABLE = Reason("node(s) were unschedulable", "the node is cordoned (unschedulable)")
TAINTED = "node(s) had untolerated taint(s)"
NOT_SELECTED = "node(s) didn't match Pod's node affinity/selector"
CONFLICTING = "pod affinity terms conflict"
NOT_NAMED = "node(s) didn't satisfy plugin(s) [NodeAffinity]"
PORTS_TAKEN = "node(s) didn't have free ports for the requested pod ports"
TOO_MANY_PODS = "Too many pods"
NO_DISK = "node(s) had no available disk"
ONE_POD_ALONE = "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"
VOLUME_ELSEWHERE = "node(s) didn't match PersistentVolume's node affinity"
NOTHING_TO_BIND = "node(s) didn't find available persistent volumes to bind"
NO_VOLUME = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"
NO_ZONE = "node(s) had no available volume zone"
WITHOUT_FEATURES = "node(s) didn't match Pod's required features"
NOT_SPREAD = "node(s) didn't match pod topology spread constraints"
NO_TOPOLOGY = NOT_SPREAD + " (missing required label)"
NOT_NEAR = "node(s) didn't match pod affinity rules"
TOO_NEAR = "node(s) didn't match pod anti-affinity rules"
UNWANTED = "node(s) didn't satisfy existing pods anti-affinity rules"
# Where one of these stands against a node, other pods may help by being placed: rules between pods are judged together.
LONELY = frozenset((NOT_SPREAD, NOT_NEAR, TOO_NEAR, UNWANTED))
# Where one of these stands against a node, it does so whoever leaves: upstream's UnschedulableAndUnresolvable.
LASTING = frozenset(
    (
        UNSCHEDULABLE.text,
        TAINTED,
        NOT_SELECTED,
        NOT_NAMED,
        VOLUME_ELSEWHERE,
        NOTHING_TO_BIND,
        NO_VOLUME,
        NO_ZONE,
        NO_TOPOLOGY,
        NOT_NEAR,
    )
)


def counted_by(objections: list[Reason]) -> frozenset[str]:
    """What the message counts a node by: a cordon says all there is to say, and so does a port that is taken, which upstream
    looks at before there is talk of room.
    """
    texts = frozenset(reason.text for reason in objections)
    for alone in (UNSCHEDULABLE.text, PORTS_TAKEN):
        if alone in texts:
            return frozenset((alone,))
    return texts
