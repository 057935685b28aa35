"""The shape of what controllers read of objects. One of another shape is left out, so that it costs only itself.

A server of today lets no such object in; one that was stored before, or by another version, may be there.
"""

from __future__ import annotations

import datetime
from typing import Any

import msgspec

from drakkar.api.resource import (
    DecodeError,
    DeviceTaintRule,
    ResourceClaim,
    ResourceClaimTemplate,
    decode,
)
from drakkar.controllers.pod_shape import (
    Condition,
    Int32,
    Int64,
    Items,
    Metadata,
    Named,
    Pod,
    PodSpec,
    Texts,
)

Object = dict[str, Any]


class _Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Fields that are not named here are not looked at."""


class _TemplateMetadata(_Part, frozen=True, kw_only=True):
    labels: Texts = {}
    annotations: Texts = {}


class _Template(_Part, frozen=True, kw_only=True):
    metadata: _TemplateMetadata = _TemplateMetadata()
    spec: PodSpec = PodSpec()


class _Requirement(_Part, frozen=True, kw_only=True):
    key: str = ""
    operator: str = ""
    values: list[str] = []


class _Selector(_Part, frozen=True, kw_only=True):
    match_labels: Texts = {}
    match_expressions: list[_Requirement] = []


class _RollingUpdate(_Part, frozen=True, kw_only=True):
    max_surge: Int32 | str = 0
    max_unavailable: Int32 | str = 0


class _Strategy(_Part, frozen=True, kw_only=True):
    type: str = ""
    rolling_update: _RollingUpdate = _RollingUpdate()


class _WorkloadSpec(_Part, frozen=True, kw_only=True):
    replicas: Int32 = 1
    parallelism: Int32 = 1
    completions: Int32 = 1
    backoff_limit: Int32 = 6
    backoff_limit_per_index: Int32 = 0
    active_deadline_seconds: Int64 = 0
    ttl_seconds_after_finished: Int32 = 0
    min_ready_seconds: Int32 = 0
    progress_deadline_seconds: Int32 = 0
    revision_history_limit: Int32 = 0
    completion_mode: str = ""
    suspend: bool = False
    paused: bool = False
    selector: _Selector = _Selector()
    strategy: _Strategy = _Strategy()
    update_strategy: _Strategy = _Strategy()
    template: _Template = _Template()


class _WorkloadStatus(_Part, frozen=True, kw_only=True):
    replicas: Int32 = 0
    ready_replicas: Int32 = 0
    available_replicas: Int32 = 0
    updated_replicas: Int32 = 0
    unavailable_replicas: Int32 = 0
    observed_generation: Int64 = 0
    active: Int32 = 0
    succeeded: Int32 = 0
    failed: Int32 = 0
    collision_count: Int32 = 0
    start_time: datetime.datetime | None = None
    completion_time: datetime.datetime | None = None
    completed_indexes: str = ""
    uncounted_terminated_pods: dict[str, list[str]] = {}
    conditions: list[Condition] = []


class _Workload(_Part, frozen=True, kw_only=True):
    metadata: Metadata
    spec: _WorkloadSpec
    status: _WorkloadStatus = _WorkloadStatus()


class _Taint(_Part, frozen=True, kw_only=True):
    key: str = ""
    value: str = ""
    effect: str = ""
    time_added: datetime.datetime | None = None


class _NodeSpec(_Part, frozen=True, kw_only=True):
    unschedulable: bool = False
    taints: list[_Taint] = []


class _NodeStatus(_Part, frozen=True, kw_only=True):
    conditions: list[Condition] = []
    addresses: list[Texts] = []
    allocatable: dict[str, str | Int64 | float] = {}


class _Node(_Part, frozen=True, kw_only=True):
    metadata: Metadata
    spec: _NodeSpec = _NodeSpec()
    status: _NodeStatus = _NodeStatus()


class _NamespaceSpec(_Part, frozen=True, kw_only=True):
    finalizers: list[str] = []


class _NamespaceStatus(_Part, frozen=True, kw_only=True):
    phase: str = ""
    conditions: list[Condition] = []


class _Namespace(_Part, frozen=True, kw_only=True):
    metadata: Metadata
    spec: _NamespaceSpec = _NamespaceSpec()
    status: _NamespaceStatus = _NamespaceStatus()


class _Port(_Part, frozen=True, kw_only=True):
    name: str = ""
    protocol: str = ""
    port: Int32 = 0
    target_port: Int32 | str = 0
    app_protocol: str = ""


class _ServiceSpec(_Part, frozen=True, kw_only=True):
    type: str = ""
    cluster_ip: str = msgspec.field(name="clusterIP", default="")
    selector: Texts = {}
    ports: list[_Port] = []
    publish_not_ready_addresses: bool = False


class _Service(_Part, frozen=True, kw_only=True):
    metadata: Metadata
    spec: _ServiceSpec = _ServiceSpec()


class _EndpointSlice(_Part, frozen=True, kw_only=True):
    metadata: Metadata
    endpoints: Items = []
    ports: Items = []


class _ConfigMap(_Part, frozen=True, kw_only=True):
    metadata: Metadata
    data: Texts = {}


class _Revision(_Part, frozen=True, kw_only=True):
    metadata: Metadata
    revision: Int64 = 0


_WORKLOADS = ("daemonsets", "deployments", "jobs", "replicasets", "statefulsets")
_SHAPES: dict[str, type[_Part | Named | Pod]] = {
    "configmaps": _ConfigMap,
    "controllerrevisions": _Revision,
    "endpointslices": _EndpointSlice,
    "namespaces": _Namespace,
    "nodes": _Node,
    "pods": Pod,
    "services": _Service,
    **dict.fromkeys(_WORKLOADS, _Workload),
}
_STRUCTS: dict[str, type] = {
    "devicetaintrules": DeviceTaintRule,
    "resourceclaims": ResourceClaim,
    "resourceclaimtemplates": ResourceClaimTemplate,
}


def wrong_shape(plural: str, obj: Object) -> str | None:
    """What is wrong with an object's shape, by the path of the field; None when nothing is."""
    try:
        decode(_SHAPES.get(plural, Named), obj)
        if plural in _STRUCTS:
            decode(_STRUCTS[plural], obj)
    except DecodeError as error:
        return str(error)
    except RecursionError:
        return "is nested too deep"
    return None
