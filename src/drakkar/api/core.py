"""What of core/v1 the parts compute with: pods and nodes as structs, decoded once where they come in.

Fields that are not named here are not looked at; where an object is stored or passed on it stays in its plain form.
Where it makes a difference whether a field is absent or empty, absent is None.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import field

from drakkar.api.integers import Int32, Int64
from drakkar.api.meta import ObjectMeta
from drakkar.api.node_selector import NodeSelector, NodeSelectorTerm

Items = tuple[dict[str, Any], ...]
Texts = dict[str, str]
# A quantity as the API, or a person's document, writes it.
Amount = str | int | float
Amounts = dict[str, Amount]
# More than these hold stands in no object.
Time = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$")]

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


class _Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """How every struct here is laid out."""


class Metadata(ObjectMeta, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """As every object has it; a name is there, and times are times."""

    name: str
    creation_timestamp: Time | None = None
    deletion_timestamp: Time | None = None
    deletion_grace_period_seconds: Int64 | None = None


class Named(_Part, frozen=True, kw_only=True):
    """Any object, of which no more is looked at."""

    metadata: Metadata


class Taint(_Part, frozen=True, kw_only=True):
    key: str = ""
    value: str = ""
    effect: str = ""
    time_added: Time | None = None


class Toleration(_Part, frozen=True, kw_only=True):
    key: str = ""
    operator: str = ""
    value: str = ""
    effect: str = ""
    toleration_seconds: Int64 | None = None


class Condition(_Part, frozen=True, kw_only=True):
    """A condition of a pod, a node or a workload."""

    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""
    last_transition_time: Time | None = None
    last_update_time: Time | None = None


class LabelSelectorRequirement(_Part, frozen=True, kw_only=True):
    key: str = ""
    operator: str = ""
    values: tuple[str, ...] = ()


class LabelSelector(_Part, frozen=True, kw_only=True):
    """All must hold; an empty one selects everything."""

    match_labels: Texts = {}
    match_expressions: tuple[LabelSelectorRequirement, ...] = ()


class PreferredSchedulingTerm(_Part, frozen=True, kw_only=True):
    weight: Int32 = 0
    preference: NodeSelectorTerm = NodeSelectorTerm()


class NodeAffinity(_Part, frozen=True, kw_only=True):
    required: NodeSelector | None = field(name=_REQUIRED, default=None)
    preferred: tuple[PreferredSchedulingTerm, ...] = field(name=_PREFERRED, default=())


class PodAffinityTerm(_Part, frozen=True, kw_only=True):
    topology_key: str = ""
    label_selector: LabelSelector | None = None
    namespaces: tuple[str, ...] = ()
    namespace_selector: LabelSelector | None = None


class WeightedPodAffinityTerm(_Part, frozen=True, kw_only=True):
    weight: Int32 = 0
    pod_affinity_term: PodAffinityTerm = PodAffinityTerm()


class PodAffinity(_Part, frozen=True, kw_only=True):
    """Of affinity and of anti-affinity."""

    required: tuple[PodAffinityTerm, ...] = field(name=_REQUIRED, default=())
    preferred: tuple[WeightedPodAffinityTerm, ...] = field(name=_PREFERRED, default=())


class Affinity(_Part, frozen=True, kw_only=True):
    node_affinity: NodeAffinity = NodeAffinity()
    pod_affinity: PodAffinity = PodAffinity()
    pod_anti_affinity: PodAffinity = PodAffinity()


class TopologySpreadConstraint(_Part, frozen=True, kw_only=True):
    max_skew: Int32 = 1
    topology_key: str = ""
    when_unsatisfiable: str = ""
    label_selector: LabelSelector | None = None
    min_domains: Int32 | None = None
    node_affinity_policy: str = ""
    node_taints_policy: str = ""
    match_label_keys: tuple[str, ...] = ()


class ContainerClaim(_Part, frozen=True, kw_only=True):
    """A container's share in a claim of its pod: all of it, or one request."""

    name: str = ""
    request: str = ""


class Resources(_Part, frozen=True, kw_only=True):
    requests: Amounts = {}
    limits: Amounts = {}
    claims: tuple[ContainerClaim, ...] = ()


class ContainerPort(_Part, frozen=True, kw_only=True):
    name: str = ""
    container_port: Int32 = 0
    host_port: Int32 = 0
    host_ip: str = field(name="hostIP", default="")
    protocol: str = ""


class Container(_Part, frozen=True, kw_only=True):
    name: str = ""
    image: str = ""
    restart_policy: str = ""
    restart_policy_rules: Items = ()
    ports: tuple[ContainerPort, ...] = ()
    resources: Resources = Resources()


class PodResourceClaim(_Part, frozen=True, kw_only=True):
    """An entry of a pod's claims: one that is there, or a template of one's own."""

    name: str = ""
    resource_claim_name: str | None = None
    resource_claim_template_name: str | None = None


class SchedulingGate(_Part, frozen=True, kw_only=True):
    name: str = ""


class ReadinessGate(_Part, frozen=True, kw_only=True):
    condition_type: str = ""


# Who places a pod that names nobody.
DEFAULT_SCHEDULER = "default-scheduler"


class PodSpec(_Part, frozen=True, kw_only=True):
    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    resources: Resources = Resources()
    overhead: Amounts = {}
    volumes: Items = ()
    resource_claims: tuple[PodResourceClaim, ...] = ()
    scheduling_gates: tuple[SchedulingGate, ...] = ()
    readiness_gates: tuple[ReadinessGate, ...] = ()
    scheduler_name: str = ""
    node_name: str = ""
    node_selector: Texts = {}
    affinity: Affinity = Affinity()
    tolerations: tuple[Toleration, ...] = ()
    topology_spread_constraints: tuple[TopologySpreadConstraint, ...] = ()
    priority: Int32 | None = None
    priority_class_name: str = ""
    preemption_policy: str = ""
    restart_policy: str = ""
    termination_grace_period_seconds: Int64 | None = None
    active_deadline_seconds: Int64 | None = None
    service_account_name: str = ""
    hostname: str = ""
    subdomain: str = ""
    host_network: bool = False


class ContainerRunning(_Part, frozen=True, kw_only=True):
    started_at: Time | None = None


class ContainerTerminated(_Part, frozen=True, kw_only=True):
    exit_code: Int32 | None = None
    started_at: Time | None = None


class ContainerState(_Part, frozen=True, kw_only=True):
    """Waiting where it is neither of these."""

    running: ContainerRunning | None = None
    terminated: ContainerTerminated | None = None


class ContainerStatus(_Part, frozen=True, kw_only=True):
    name: str = ""
    restart_count: Int32 = 0
    ready: bool = False
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()
    # What its node has given it, and what is in force; a node of old times says nothing of either.
    allocated_resources: Amounts = {}
    resources: Resources | None = None


class PodResourceClaimStatus(_Part, frozen=True, kw_only=True):
    """Which claim was made for an entry; without a name the entry needs none."""

    name: str = ""
    resource_claim_name: str | None = None


class ExtendedResourceMapping(_Part, frozen=True, kw_only=True):
    """Which request of the claim for extended resources is for which container."""

    container_name: str = ""
    resource_name: str = ""
    request_name: str = ""


class ExtendedResourceClaimStatus(_Part, frozen=True, kw_only=True):
    """The claim that was made for a pod's extended resources (KEP-5004)."""

    resource_claim_name: str = ""
    request_mappings: tuple[ExtendedResourceMapping, ...] = ()


class PodStatus(_Part, frozen=True, kw_only=True):
    phase: str = ""
    reason: str = ""
    pod_ip: str = field(name="podIP", default="")
    pod_ips: tuple[Texts, ...] = field(name="podIPs", default=())
    start_time: Time | None = None
    nominated_node_name: str = ""
    conditions: tuple[Condition, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    resource_claim_statuses: tuple[PodResourceClaimStatus, ...] = ()
    extended_resource_claim_status: ExtendedResourceClaimStatus = ExtendedResourceClaimStatus()


class Pod(_Part, frozen=True, kw_only=True):
    metadata: Metadata
    spec: PodSpec
    status: PodStatus = PodStatus()

    @property
    def is_over(self) -> bool:
        """Whether it ran to its end, well or not."""
        return self.status.phase in ("Succeeded", "Failed")


class NodeSpec(_Part, frozen=True, kw_only=True):
    taints: tuple[Taint, ...] = ()
    unschedulable: bool = False


class ContainerImage(_Part, frozen=True, kw_only=True):
    names: tuple[str, ...] = ()
    size_bytes: Int64 = 0


class NodeStatus(_Part, frozen=True, kw_only=True):
    allocatable: Amounts = {}
    images: tuple[ContainerImage, ...] = ()
    conditions: tuple[Condition, ...] = ()
    addresses: tuple[Texts, ...] = ()
    declared_features: tuple[str, ...] = ()


class Node(_Part, frozen=True, kw_only=True):
    metadata: Metadata
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()
