"""Whether a node takes a pod, devices aside: taints, node selector and affinity, resources; with reasons in words.

Left out, and named by `not_considered` for the pods that use it: what depends on where other pods are, volumes, ports.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from drakkar.api.node_selector import NodeSelector, NodeSelectorError, match_node_selector
from drakkar.api.quantity import Quantity
from drakkar.api.resource import DecodeError, decode

Pod = Mapping[str, Any]
Node = Mapping[str, Any]
Amounts = dict[str, Quantity]

_ZERO = Quantity(0)
_CORDON = "node.kubernetes.io/unschedulable"
_HARD = ("NoSchedule", "NoExecute")
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def _tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    if toleration.get("effect") and toleration["effect"] != taint.get("effect"):
        return False
    if toleration.get("key") and toleration["key"] != taint.get("key"):
        return False
    operator = toleration.get("operator") or "Equal"
    if operator == "Exists":
        return True
    if not toleration.get("key"):
        return False
    value, against = str(toleration.get("value") or ""), str(taint.get("value") or "")
    if operator == "Equal":
        return value == against
    try:
        return (
            int(against) > int(value) if operator == "Gt" else operator == "Lt" and int(against) < int(value)
        )
    except ValueError:
        return False


def _taints(node: Node) -> list[Mapping[str, Any]]:
    spec = node.get("spec") or {}
    taints = list(spec.get("taints") or [])
    if spec.get("unschedulable") and all(taint.get("key") != _CORDON for taint in taints):
        # A cluster's controllers put it there sooner or later.
        taints.insert(0, {"key": _CORDON, "effect": "NoSchedule"})
    return taints


def _untolerated(pod: Pod, node: Node, effects: tuple[str, ...]) -> list[Mapping[str, Any]]:
    tolerations = (pod.get("spec") or {}).get("tolerations") or []
    return [
        taint
        for taint in _taints(node)
        if taint.get("effect") in effects and not any(_tolerates(one, taint) for one in tolerations)
    ]


def _labels(node: Node) -> Mapping[str, str]:
    return (node.get("metadata") or {}).get("labels") or {}


def _selects(selector: Mapping[str, Any], node: Node) -> bool:
    read = decode(NodeSelector, selector)
    return match_node_selector(read, (node.get("metadata") or {}).get("name", ""), _labels(node))


def placement_reasons(pod: Pod, node: Node) -> list[str]:
    """Why the node's taints or the pod's choice of nodes keep the pod away; empty if nothing does."""
    reasons = []
    for taint in _untolerated(pod, node, _HARD):
        value = f"={taint['value']}" if taint.get("value") else ""
        if taint.get("key") == _CORDON:
            reasons.append("the node is cordoned (unschedulable)")
        else:
            reasons.append(f"node taint {taint.get('key')}{value}:{taint.get('effect')} is not tolerated")
    spec = pod.get("spec") or {}
    labels = _labels(node)
    for key, value in (spec.get("nodeSelector") or {}).items():
        if labels.get(key) != value:
            has = f"has {key}={labels[key]}" if key in labels else "has no such label"
            reasons.append(f"nodeSelector wants {key}={value}, the node {has}")
    required = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(_REQUIRED)
    if required is not None:
        try:
            if not _selects(required, node):
                reasons.append("required node affinity does not match the node")
        except (NodeSelectorError, DecodeError) as error:
            reasons.append(f"required node affinity makes no sense: {error}")
    return reasons


def _add(total: Amounts, more: Mapping[str, Quantity]) -> None:
    for name, amount in more.items():
        total[name] = total[name] + amount if name in total else amount


def _raise_to(total: Amounts, floor: Mapping[str, Quantity]) -> None:
    for name, amount in floor.items():
        total[name] = max(total.get(name, amount), amount)


def _requests(holder: Mapping[str, Any]) -> Amounts:
    resources = holder.get("resources") or {}
    # An API server would take a missing request from the limit.
    merged = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return {name: Quantity.parse(str(value)) for name, value in merged.items()}


def pod_requests(pod: Pod) -> Amounts:
    """What the pod takes of a node at its peak; QuantityError when an amount is none."""
    spec = pod.get("spec") or {}
    total: Amounts = {}
    for container in spec.get("containers") or []:
        _add(total, _requests(container))
    peak: Amounts = {}
    sidecars: Amounts = {}
    for container in spec.get("initContainers") or []:
        need = _requests(container)
        if container.get("restartPolicy") == "Always":
            _add(sidecars, need)
            _raise_to(peak, sidecars)
        else:
            _add(need, sidecars)
            _raise_to(peak, need)
    _add(total, sidecars)
    _raise_to(total, peak)
    total.update(_requests(spec))
    _add(total, {name: Quantity.parse(str(value)) for name, value in (spec.get("overhead") or {}).items()})
    return {name: amount for name, amount in total.items() if amount > _ZERO}


def allocatable(node: Node) -> Amounts:
    """What a node has for pods; empty for one that states nothing. QuantityError when an amount is none."""
    stated = (node.get("status") or {}).get("allocatable") or {}
    return {name: Quantity.parse(str(value)) for name, value in stated.items()}


def resource_reasons(need: Amounts, total: Amounts, used: Amounts, pods: int) -> list[str]:
    """Why there is no room beside the `pods` pods that use `used`; a node that states nothing has room."""
    if not total:
        return []
    reasons = []
    most = total.get("pods")
    if most is not None and 10**9 * (pods + 1) > most.nanos:
        reasons.append(f"the node takes {most.format()} pods and has {pods}")
    for name, amount in need.items():
        there = total.get(name, _ZERO)
        left = there - used[name] if name in used else there
        if amount > left:
            reasons.append(f"{name}: {amount.format()} requested, {left.format()} left of {there.format()}")
    return reasons


def preference(pod: Pod, node: Node) -> tuple[int, int]:
    """How the pod and the node like each other: PreferNoSchedule taints not tolerated, weight of affinity that matches."""
    affinity = ((pod.get("spec") or {}).get("affinity") or {}).get("nodeAffinity") or {}
    weight = 0
    for term in affinity.get(_PREFERRED) or []:
        try:
            if _selects({"nodeSelectorTerms": [term.get("preference") or {}]}, node):
                weight += int(term.get("weight") or 0)
        except (NodeSelectorError, DecodeError):
            # A term that makes no sense prefers no node; the API server lets none in.
            continue
    return len(_untolerated(pod, node, ("PreferNoSchedule",))), weight


def not_considered(pods: Iterable[Pod]) -> list[str]:
    """What these pods ask for that the planner does not look at, each thing once."""
    found: dict[str, None] = {}
    for pod in pods:
        spec = pod.get("spec") or {}
        affinity = spec.get("affinity") or {}
        containers = [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
        volumes = spec.get("volumes") or []
        for used, what in (
            (affinity.get("podAffinity") or affinity.get("podAntiAffinity"), "affinity between pods"),
            (spec.get("topologySpreadConstraints"), "topology spread constraints"),
            (any(port.get("hostPort") for c in containers for port in c.get("ports") or []), "host ports"),
            (any("persistentVolumeClaim" in v or "ephemeral" in v for v in volumes), "volumes"),
        ):
            if used:
                found[what] = None
    return list(found)
