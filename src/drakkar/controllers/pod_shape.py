"""The shape of what controllers read of metadata and pods, and what shapes are made of."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

import msgspec

Items = list[dict[str, Any]]
Texts = dict[str, str]
# More than these hold stands in no object; a controller would make as many pods as it is told.
Int32 = Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]
Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class _Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Fields that are not named here are not looked at."""


class _Owner(_Part, frozen=True, kw_only=True):
    api_version: str = ""
    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool = False
    block_owner_deletion: bool = False


class Metadata(_Part, frozen=True, kw_only=True):
    name: str
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: Int64 = 0
    creation_timestamp: datetime.datetime | None = None
    deletion_timestamp: datetime.datetime | None = None
    deletion_grace_period_seconds: Int64 = 0
    labels: Texts = {}
    annotations: Texts = {}
    finalizers: list[str] = []
    owner_references: list[_Owner] = []


class Named(_Part, frozen=True, kw_only=True):
    metadata: Metadata


class Condition(_Part, frozen=True, kw_only=True):
    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""
    last_transition_time: datetime.datetime | None = None
    last_update_time: datetime.datetime | None = None


class _State(_Part, frozen=True, kw_only=True):
    running: dict[str, Any] = {}
    waiting: dict[str, Any] = {}
    terminated: dict[str, Any] = {}


class _ContainerStatus(_Part, frozen=True, kw_only=True):
    name: str = ""
    restart_count: Int32 = 0
    ready: bool = False
    state: _State = _State()
    last_state: _State = _State()


class _PodClaim(_Part, frozen=True, kw_only=True):
    name: str = ""
    resource_claim_name: str = ""
    resource_claim_template_name: str = ""


class _ClaimStatus(_Part, frozen=True, kw_only=True):
    name: str = ""
    resource_claim_name: str = ""


class _Container(_Part, frozen=True, kw_only=True):
    name: str = ""
    image: str = ""
    restart_policy: str = ""
    ports: Items = []
    resources: dict[str, dict[str, Any] | Items] = {}


class _NodeAffinity(_Part, frozen=True, kw_only=True):
    required: dict[str, Items] = msgspec.field(
        name="requiredDuringSchedulingIgnoredDuringExecution", default_factory=dict
    )


class _Affinity(_Part, frozen=True, kw_only=True):
    node_affinity: _NodeAffinity = _NodeAffinity()


class _Toleration(_Part, frozen=True, kw_only=True):
    key: str = ""
    operator: str = ""
    value: str = ""
    effect: str = ""
    toleration_seconds: Int64 = 0


class PodSpec(_Part, frozen=True, kw_only=True):
    containers: list[_Container] = []
    init_containers: list[_Container] = []
    volumes: Items = []
    resource_claims: list[_PodClaim] = []
    scheduling_gates: Items = []
    tolerations: list[_Toleration] = []
    node_name: str = ""
    node_selector: Texts = {}
    affinity: _Affinity = _Affinity()
    restart_policy: str = ""
    termination_grace_period_seconds: Int64 = 0
    active_deadline_seconds: Int64 = 0
    service_account_name: str = ""
    hostname: str = ""
    subdomain: str = ""
    host_network: bool = False


class _PodStatus(_Part, frozen=True, kw_only=True):
    phase: str = ""
    reason: str = ""
    pod_ip: str = msgspec.field(name="podIP", default="")
    pod_ips: list[Texts] = msgspec.field(name="podIPs", default_factory=list)
    start_time: datetime.datetime | None = None
    conditions: list[Condition] = []
    container_statuses: list[_ContainerStatus] = []
    init_container_statuses: list[_ContainerStatus] = []
    resource_claim_statuses: list[_ClaimStatus] = []
    extended_resource_claim_status: dict[str, Any] = {}


class Pod(_Part, frozen=True, kw_only=True):
    metadata: Metadata
    spec: PodSpec
    status: _PodStatus = _PodStatus()
