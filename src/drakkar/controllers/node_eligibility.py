"""On which nodes a DaemonSet's pods belong, and how a pod is tied to its node; pure."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import msgspec

from drakkar.api.node_selector import NodeSelector, NodeSelectorError, match_node_selector

Object = dict[str, Any]

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
    for term in required.get("nodeSelectorTerms") or []:
        for field in term.get("matchFields") or []:
            if field["key"] == "metadata.name" and field["operator"] == "In" and len(field["values"]) == 1:
                return str(field["values"][0])
    return None


def _tolerates(toleration: Object, taint: Object) -> bool:
    if toleration.get("effect") not in (None, "", taint.get("effect")):
        return False
    if toleration.get("key") not in (None, "", taint["key"]):
        return False
    if (toleration.get("operator") or "Equal") == "Exists":
        return True
    return toleration.get("key") == taint["key"] and (toleration.get("value") or "") == (
        taint.get("value") or ""
    )


def _tolerates_all(spec: Object, taints: Iterable[Object], effects: tuple[str, ...]) -> bool:
    tolerations = [*(spec.get("tolerations") or []), *default_tolerations(bool(spec.get("hostNetwork")))]
    return all(
        any(_tolerates(toleration, taint) for toleration in tolerations)
        for taint in taints
        if taint.get("effect") in effects
    )


def _selected(spec: Object, node: Object) -> bool:
    name, labels = node["metadata"]["name"], node["metadata"].get("labels") or {}
    if spec.get("nodeName") and spec["nodeName"] != name:
        return False
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    required = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(_REQUIRED)
    if required is None:
        return True
    try:
        return match_node_selector(msgspec.convert(required, NodeSelector), name, labels)
    except (NodeSelectorError, msgspec.ValidationError):
        return False


def eligible(template: Object, node: Object) -> tuple[bool, bool]:
    """(whether a pod shall be started on the node, whether one that is there shall stay)."""
    spec = template["spec"]
    if not _selected(spec, node):
        return False, False
    taints = (node.get("spec") or {}).get("taints") or []
    starts = _tolerates_all(spec, taints, ("NoSchedule", "NoExecute"))
    return starts, _tolerates_all(spec, taints, ("NoExecute",))
