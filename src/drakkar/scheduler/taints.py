"""Node taints against pod tolerations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

UNSCHEDULABLE = "node.kubernetes.io/unschedulable"


def tolerates(toleration: Mapping[str, Any], taint: Mapping[str, Any]) -> bool:
    """Whether one toleration covers one taint."""
    if toleration.get("effect") and toleration["effect"] != taint.get("effect"):
        return False
    if toleration.get("key") and toleration["key"] != taint.get("key"):
        return False
    operator = toleration.get("operator") or "Equal"
    if operator == "Exists":
        return True
    if not toleration.get("key"):
        return False
    value, against = toleration.get("value") or "", taint.get("value") or ""
    if operator in ("Gt", "Lt"):
        try:
            return int(against) > int(value) if operator == "Gt" else int(against) < int(value)
        except ValueError:
            return False
    return operator == "Equal" and bool(value == against)


def _covered(taint: Mapping[str, Any], tolerations: Iterable[Mapping[str, Any]]) -> bool:
    return any(tolerates(toleration, taint) for toleration in tolerations)


def taint_reasons(pod: Mapping[str, Any], node: Mapping[str, Any]) -> list[str]:
    """Why the node's taints keep the pod away; empty if they do not."""
    tolerations = (pod.get("spec") or {}).get("tolerations") or []
    spec = node.get("spec") or {}
    cordon = {"key": UNSCHEDULABLE, "effect": "NoSchedule"}
    if spec.get("unschedulable") and not _covered(cordon, tolerations):
        return ["node(s) were unschedulable"]
    for taint in spec.get("taints") or []:
        if taint.get("effect") in ("NoSchedule", "NoExecute") and not _covered(taint, tolerations):
            return ["node(s) had untolerated taint(s)"]
    return []


def soft_taints(pod: Mapping[str, Any], node: Mapping[str, Any]) -> int:
    """How many PreferNoSchedule taints of the node the pod does not tolerate."""
    tolerations = (pod.get("spec") or {}).get("tolerations") or []
    taints = (node.get("spec") or {}).get("taints") or []
    return sum(t.get("effect") == "PreferNoSchedule" and not _covered(t, tolerations) for t in taints)
