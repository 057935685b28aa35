"""The shape of what the planner reads of pods, nodes and workloads; an object of another shape is refused with the path."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import field

from drakkar.api.meta import OwnerReference
from drakkar.api.resource import DecodeError, decode
from drakkar.planner.source import Object


class _Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Fields that are not named here are not looked at."""


class _Metadata(_Part, frozen=True, kw_only=True):
    name: str
    namespace: str = ""
    uid: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    owner_references: list[OwnerReference] = []
    creation_timestamp: str | None = None


class _TemplateMetadata(_Part, frozen=True, kw_only=True):
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class _Toleration(_Part, frozen=True, kw_only=True):
    key: str = ""
    operator: str = ""
    value: str = ""
    effect: str = ""


class _Resources(_Part, frozen=True, kw_only=True):
    requests: dict[str, str] = {}
    limits: dict[str, str] = {}
    claims: list[dict[str, Any]] = []


class _Container(_Part, frozen=True, kw_only=True):
    name: str = ""
    resources: _Resources = _Resources()
    restart_policy: str = ""
    ports: list[dict[str, Any]] = []


class _PodClaim(_Part, frozen=True, kw_only=True):
    name: str
    resource_claim_name: str | None = None
    resource_claim_template_name: str | None = None


class _Preferred(_Part, frozen=True, kw_only=True):
    weight: int = 0
    preference: dict[str, Any] = {}


class _NodeAffinity(_Part, frozen=True, kw_only=True):
    required: dict[str, Any] = field(name="requiredDuringSchedulingIgnoredDuringExecution", default={})
    preferred: list[_Preferred] = field(
        name="preferredDuringSchedulingIgnoredDuringExecution", default_factory=list
    )


class _Affinity(_Part, frozen=True, kw_only=True):
    node_affinity: _NodeAffinity = _NodeAffinity()
    pod_affinity: dict[str, Any] = {}
    pod_anti_affinity: dict[str, Any] = {}


class _PodSpec(_Part, frozen=True, kw_only=True):
    containers: list[_Container] = []
    init_containers: list[_Container] = []
    resources: _Resources = _Resources()
    overhead: dict[str, str] = {}
    node_name: str = ""
    node_selector: dict[str, str] = {}
    affinity: _Affinity = _Affinity()
    tolerations: list[_Toleration] = []
    resource_claims: list[_PodClaim] = []
    scheduling_gates: list[dict[str, Any]] = []
    topology_spread_constraints: list[dict[str, Any]] = []
    volumes: list[dict[str, Any]] = []
    priority: int | None = None
    priority_class_name: str = ""


class _ClaimStatus(_Part, frozen=True, kw_only=True):
    name: str
    resource_claim_name: str | None = None


class _PodStatus(_Part, frozen=True, kw_only=True):
    phase: str = ""
    resource_claim_statuses: list[_ClaimStatus] = []


class _Pod(_Part, frozen=True, kw_only=True):
    metadata: _Metadata
    spec: _PodSpec
    status: _PodStatus = _PodStatus()


class _Taint(_Part, frozen=True, kw_only=True):
    key: str
    effect: str
    value: str = ""


class _NodeSpec(_Part, frozen=True, kw_only=True):
    taints: list[_Taint] = []
    unschedulable: bool = False


class _NodeStatus(_Part, frozen=True, kw_only=True):
    allocatable: dict[str, str] = {}
    declared_features: list[str] = []


class _Node(_Part, frozen=True, kw_only=True):
    metadata: _Metadata
    spec: _NodeSpec = _NodeSpec()
    status: _NodeStatus = _NodeStatus()


class _Template(_Part, frozen=True, kw_only=True):
    spec: _PodSpec
    metadata: _TemplateMetadata = _TemplateMetadata()


class _Ordinals(_Part, frozen=True, kw_only=True):
    start: int = 0


class _WorkloadSpec(_Part, frozen=True, kw_only=True):
    template: _Template
    replicas: int = 1
    parallelism: int = 1
    completions: int | None = None
    suspend: bool = False
    ordinals: _Ordinals = _Ordinals()


class _Workload(_Part, frozen=True, kw_only=True):
    metadata: _Metadata
    spec: _WorkloadSpec


class _PriorityClass(_Part, frozen=True, kw_only=True):
    metadata: _Metadata
    value: int = 0
    global_default: bool = False


class _Named(_Part, frozen=True, kw_only=True):
    metadata: _Metadata


_SHAPES: dict[str, type[_Part]] = {
    "Pod": _Pod,
    "Node": _Node,
    "PriorityClass": _PriorityClass,
    **dict.fromkeys(("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job"), _Workload),
}


def wrong_shape(kind: str, obj: Object) -> str | None:
    """What is wrong with an object's shape, None when nothing is; kinds without a shape here need a name only."""
    try:
        decode(_SHAPES.get(kind, _Named), obj)
    except DecodeError as error:
        return str(error)
    return None
