"""On which nodes a DaemonSet's pods belong, and how a pod is tied to its node; pure."""

from __future__ import annotations

import copy

from drakkar.api.core import Node, PodSpec, Toleration
from drakkar.api.node_selector import NodeSelector, field_node
from drakkar.api.object import Object
from drakkar.api.resource import DecodeError, decode
from drakkar.placement.node import node_choice, taints

_CONDITIONS = "node.kubernetes.io/"
_TOLERATED = (
    ("not-ready", "NoExecute"),
    ("unreachable", "NoExecute"),
    ("disk-pressure", "NoSchedule"),
    ("memory-pressure", "NoSchedule"),
    ("pid-pressure", "NoSchedule"),
    ("unschedulable", "NoSchedule"),
)
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def default_tolerations(host_network: bool) -> list[Object]:
    """A daemon serves its node also when the node is not well."""
    tolerated = [*_TOLERATED, *([("network-unavailable", "NoSchedule")] if host_network else [])]
    return [{"key": _CONDITIONS + name, "operator": "Exists", "effect": effect} for name, effect in tolerated]


def tie_to_node(spec: Object, node: str) -> Object:
    """A copy of the pod spec with the daemons' tolerations, for the scheduler to place on this node only."""
    tied = copy.deepcopy(spec)
    tolerations = tied.setdefault("tolerations", [])
    tolerations += [
        toleration
        for toleration in default_tolerations(bool(spec.get("hostNetwork")))
        if toleration not in tolerations
    ]
    affinity = (tied.get("affinity") or {}) | {}
    node_affinity = (affinity.get("nodeAffinity") or {}) | {}
    field = {"key": "metadata.name", "operator": "In", "values": [node]}
    terms = (node_affinity.get(_REQUIRED) or {}).get("nodeSelectorTerms") or [{}]
    node_affinity[_REQUIRED] = {"nodeSelectorTerms": [{**term, "matchFields": [field]} for term in terms]}
    tied["affinity"] = {**affinity, "nodeAffinity": node_affinity}
    return tied


def tied_node(pod: Object) -> str | None:
    """The node a daemon's pod runs on or waits for."""
    spec = pod.get("spec") or {}
    if spec.get("nodeName"):
        return str(spec["nodeName"])
    required = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(_REQUIRED) or {}
    try:
        terms = decode(NodeSelector, required).node_selector_terms
    except DecodeError:
        return None
    # Other requirements of a term are the workload's own, and were asked before the pod was made.
    named = (field_node(field) for term in terms for field in term.match_fields)
    return next((name for name in named if name is not None), None)


class Eligibility:
    """On which nodes the pods of one template belong."""

    def __init__(self, template: Object, comparing: bool = False) -> None:
        """DecodeError for a template that cannot be read. `comparing`: whether the gate COMPARING is on."""
        self._comparing = comparing
        self._spec = decode(PodSpec, template["spec"])
        given = [decode(Toleration, one) for one in default_tolerations(self._spec.host_network)]
        self._tolerations = (*self._spec.tolerations, *given)

    def of(self, node: Node) -> tuple[bool, bool]:
        """(whether a pod shall be started on the node, whether one that is there shall stay)."""
        name = node.metadata.name
        named = self._spec.node_name in ("", name)
        if not named or not node_choice.selects(self._spec, name, node.metadata.labels):
            return False, False
        return self._bears(node, *taints.KEEPS_OUT), self._bears(node, "NoExecute")

    def _bears(self, node: Node, *effects: str) -> bool:
        return not any(taints.untolerated(self._tolerations, node.spec.taints, effects, self._comparing))
