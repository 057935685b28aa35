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
NOT_SPREAD = "node(s) didn't match pod topology spread constraints"
NO_TOPOLOGY = NOT_SPREAD + " (missing required label)"
NOT_NEAR = "node(s) didn't match pod affinity rules"
TOO_NEAR = "node(s) didn't match pod anti-affinity rules"
UNWANTED = "node(s) didn't satisfy existing pods anti-affinity rules"
