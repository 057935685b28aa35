"""The pods that a workload would still make: its template as often as it wants pods, less those it has; pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from drakkar.api.core import Node
from drakkar.api.object import Object
from drakkar.placement.node.daemons import Eligibility, tie_to_node, tied_node
from drakkar.sources.source import InputError

WORKLOADS = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job")
# A plan of more pods than this takes longer than anybody waits.
MOST_PODS = 20_000


def _pod(workload: Object, name: str, spec: Object, template: Object) -> Object:
    given, owner = template.get("metadata") or {}, workload["metadata"]
    reference = {
        "apiVersion": workload["apiVersion"],
        "kind": workload["kind"],
        "name": owner["name"],
        "uid": owner.get("uid", ""),
        "controller": True,
    }
    metadata = {
        "name": name,
        "namespace": owner["namespace"],
        "labels": dict(given.get("labels") or {}),
        "annotations": dict(given.get("annotations") or {}),
        "ownerReferences": [reference],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _template(workload: Object) -> Object:
    template: Object = (workload.get("spec") or {}).get("template") or {}
    return template


def _daemons(workload: Object, nodes: Iterable[Node], have: list[Object], comparing: bool) -> list[Object]:
    template = _template(workload)
    name = workload["metadata"]["name"]
    served = {tied_node(pod) for pod in have}
    belongs = Eligibility({"spec": template.get("spec") or {}}, comparing)
    # A daemon set makes no pod for a node that its pod could not run on, so there is nothing to report.
    missing = [
        node.metadata.name for node in nodes if node.metadata.name not in served and belongs.of(node)[0]
    ]
    spec = template.get("spec") or {}
    return [_pod(workload, f"{name}-{node}", tie_to_node(spec, node), template) for node in missing]


def _number(value: Any, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def _names(workload: Object, have: list[Object]) -> list[str]:
    spec, name = workload.get("spec") or {}, workload["metadata"]["name"]
    if workload["kind"] == "Job":
        if spec.get("suspend"):
            return []
        parallel = _number(spec.get("parallelism"), 1)
        status = workload.get("status") or {}
        wanted = parallel
        if spec.get("completions") is not None:
            left = _number(spec["completions"], 0) - _number(status.get("succeeded"), 0)
            wanted = min(parallel, max(0, left))
    else:
        wanted = _number(spec.get("replicas"), 1)
    if wanted > MOST_PODS:
        raise InputError([f"wants {wanted} pods; the planner stops at {MOST_PODS}"])
    if workload["kind"] == "StatefulSet":
        first = _number((spec.get("ordinals") or {}).get("start"), 0)
        there = {pod["metadata"]["name"] for pod in have}
        return [n for n in (f"{name}-{first + index}" for index in range(wanted)) if n not in there]
    # The real names end in letters nobody knows yet; the plan's end in the pod's number.
    return [f"{name}-{index}" for index in range(len(have), wanted)]


def expand(
    workload: Object, nodes: Iterable[Node], have: list[Object], comparing: bool = False
) -> list[Object]:
    """The workload's pods that do not exist yet; `have` are those that do. `comparing`: whether the gate
    TaintTolerationComparisonOperators is on. InputError when there are too many.
    """
    if workload["kind"] == "DaemonSet":
        return _daemons(workload, nodes, have, comparing)
    template = _template(workload)
    return [_pod(workload, name, template.get("spec") or {}, template) for name in _names(workload, have)]
