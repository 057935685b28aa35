"""The pods that a workload would still make: its template as often as it wants pods, less those it has; pure."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from drakkar.planner.nodefit import placement_reasons
from drakkar.planner.source import InputError, Object

WORKLOADS = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job")
# A plan of more pods than this takes longer than anybody waits.
MOST_PODS = 20_000

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_DAEMON_CONDITIONS = (
    ("not-ready", "NoExecute"),
    ("unreachable", "NoExecute"),
    ("disk-pressure", "NoSchedule"),
    ("memory-pressure", "NoSchedule"),
    ("pid-pressure", "NoSchedule"),
    ("unschedulable", "NoSchedule"),
    ("network-unavailable", "NoSchedule"),
)


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


def _tied(spec: Object, node: str) -> Object:
    """The pod spec of a daemon for one node, with the tolerations that daemons get."""
    tied = copy.deepcopy(spec)
    tied["tolerations"] = [
        *(tied.get("tolerations") or []),
        *(
            {"key": f"node.kubernetes.io/{name}", "operator": "Exists", "effect": effect}
            for name, effect in _DAEMON_CONDITIONS
            if name != "network-unavailable" or spec.get("hostNetwork")
        ),
    ]
    affinity = {**(tied.get("affinity") or {})}
    node_affinity = {**(affinity.get("nodeAffinity") or {})}
    field = {"key": "metadata.name", "operator": "In", "values": [node]}
    terms = (node_affinity.get(_REQUIRED) or {}).get("nodeSelectorTerms") or [{}]
    node_affinity[_REQUIRED] = {"nodeSelectorTerms": [{**term, "matchFields": [field]} for term in terms]}
    tied["affinity"] = {**affinity, "nodeAffinity": node_affinity}
    return tied


def _daemons(workload: Object, nodes: Mapping[str, Object], have: list[Object]) -> list[Object]:
    template = _template(workload)
    name = workload["metadata"]["name"]
    served = {(pod.get("spec") or {}).get("nodeName") or _wanted_node(pod) for pod in have}
    pods = []
    for node_name, node in nodes.items():
        pod = _pod(workload, f"{name}-{node_name}", _tied(template.get("spec") or {}, node_name), template)
        # A daemon set makes no pod for a node that its pod could not run on, so there is nothing to report.
        if node_name not in served and not placement_reasons(pod, node):
            pods.append(pod)
    return pods


def _wanted_node(pod: Object) -> str | None:
    affinity = ((pod.get("spec") or {}).get("affinity") or {}).get("nodeAffinity") or {}
    for term in (affinity.get(_REQUIRED) or {}).get("nodeSelectorTerms") or []:
        for field in term.get("matchFields") or []:
            if field.get("key") == "metadata.name" and len(field.get("values") or []) == 1:
                return str(field["values"][0])
    return None


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


def expand(workload: Object, nodes: Mapping[str, Object], have: list[Object]) -> list[Object]:
    """The workload's pods that do not exist yet; `have` are those that do. InputError when there are too many."""
    if workload["kind"] == "DaemonSet":
        return _daemons(workload, nodes, have)
    template = _template(workload)
    return [_pod(workload, name, template.get("spec") or {}, template) for name in _names(workload, have)]
