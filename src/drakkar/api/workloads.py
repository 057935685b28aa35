"""What of the workloads' kinds, and of the others that controllers act on, the parts compute with."""

from __future__ import annotations

import msgspec
from msgspec import field

from drakkar.api.core import (
    Condition,
    LabelSelector,
    Metadata,
    PodSpec,
    Texts,
    Time,
)
from drakkar.api.integers import Int32, Int64


class _Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """How every struct here is laid out."""


class TemplateMetadata(_Part, frozen=True, kw_only=True):
    labels: Texts = {}
    annotations: Texts = {}


class PodTemplateSpec(_Part, frozen=True, kw_only=True):
    spec: PodSpec
    metadata: TemplateMetadata = TemplateMetadata()


class RollingUpdate(_Part, frozen=True, kw_only=True):
    max_surge: Int32 | str | None = None
    max_unavailable: Int32 | str | None = None
    partition: Int32 = 0


class Strategy(_Part, frozen=True, kw_only=True):
    type: str = ""
    rolling_update: RollingUpdate | None = None


class Ordinals(_Part, frozen=True, kw_only=True):
    start: Int32 = 0


class ClaimRetention(_Part, frozen=True, kw_only=True):
    """What becomes of the volume claims of a StatefulSet."""

    when_deleted: str = "Retain"
    when_scaled: str = "Retain"


class WorkloadSpec(_Part, frozen=True, kw_only=True):
    """Of Deployments, ReplicaSets, StatefulSets, DaemonSets and Jobs together; each has some of it."""

    replicas: Int32 = 1
    parallelism: Int32 = 1
    completions: Int32 | None = None
    backoff_limit: Int32 = 6
    backoff_limit_per_index: Int32 | None = None
    active_deadline_seconds: Int64 | None = None
    ttl_seconds_after_finished: Int32 | None = None
    min_ready_seconds: Int32 = 0
    progress_deadline_seconds: Int32 | None = None
    revision_history_limit: Int32 | None = None
    completion_mode: str = ""
    suspend: bool = False
    paused: bool = False
    pod_replacement_policy: str = ""
    managed_by: str = ""
    ordinals: Ordinals = Ordinals()
    pod_management_policy: str = ""
    service_name: str = ""
    persistent_volume_claim_retention_policy: ClaimRetention = ClaimRetention()
    selector: LabelSelector | None = None
    strategy: Strategy = Strategy()
    update_strategy: Strategy = Strategy()
    template: PodTemplateSpec


class WorkloadStatus(_Part, frozen=True, kw_only=True):
    replicas: Int32 = 0
    ready_replicas: Int32 = 0
    available_replicas: Int32 = 0
    updated_replicas: Int32 = 0
    unavailable_replicas: Int32 = 0
    terminating_replicas: Int32 = 0
    current_revision: str = ""
    observed_generation: Int64 = 0
    active: Int32 = 0
    succeeded: Int32 = 0
    failed: Int32 = 0
    collision_count: Int32 | None = None
    start_time: Time | None = None
    completion_time: Time | None = None
    completed_indexes: str = ""
    uncounted_terminated_pods: dict[str, tuple[str, ...]] = {}
    conditions: tuple[Condition, ...] = ()


class Workload(_Part, frozen=True, kw_only=True):
    metadata: Metadata
    spec: WorkloadSpec
    status: WorkloadStatus = WorkloadStatus()


class ReplicationControllerSpec(_Part, frozen=True, kw_only=True):
    replicas: Int32 = 1
    min_ready_seconds: Int32 = 0
    selector: Texts = {}
    template: PodTemplateSpec


class ReplicationController(_Part, frozen=True, kw_only=True):
    """What a ReplicaSet is, with labels alone as its selector."""

    metadata: Metadata
    spec: ReplicationControllerSpec
    status: WorkloadStatus = WorkloadStatus()


class JobReference(_Part, frozen=True, kw_only=True):
    """A job that a CronJob has started."""

    name: str = ""
    namespace: str = ""
    uid: str = ""


class CronJobSpec(_Part, frozen=True, kw_only=True):
    schedule: str
    time_zone: str | None = None
    starting_deadline_seconds: Int64 | None = None
    concurrency_policy: str = ""
    suspend: bool = False
    successful_jobs_history_limit: Int32 | None = None
    failed_jobs_history_limit: Int32 | None = None


class CronJobStatus(_Part, frozen=True, kw_only=True):
    active: tuple[JobReference, ...] = ()
    last_schedule_time: Time | None = None
    last_successful_time: Time | None = None


class CronJob(_Part, frozen=True, kw_only=True):
    metadata: Metadata
    spec: CronJobSpec
    status: CronJobStatus = CronJobStatus()


class ControllerRevision(_Part, frozen=True, kw_only=True):
    metadata: Metadata
    revision: Int64 = 0


class PriorityClass(_Part, frozen=True, kw_only=True):
    metadata: Metadata
    value: Int64 = 0
    global_default: bool = False


class NamespaceSpec(_Part, frozen=True, kw_only=True):
    finalizers: tuple[str, ...] = ()


class NamespaceStatus(_Part, frozen=True, kw_only=True):
    phase: str = ""
    conditions: tuple[Condition, ...] = ()


class Namespace(_Part, frozen=True, kw_only=True):
    metadata: Metadata
    spec: NamespaceSpec = NamespaceSpec()
    status: NamespaceStatus = NamespaceStatus()


class DisruptionBudgetSpec(_Part, frozen=True, kw_only=True):
    min_available: Int32 | str | None = None
    max_unavailable: Int32 | str | None = None
    selector: LabelSelector | None = None


class DisruptionBudgetStatus(_Part, frozen=True, kw_only=True):
    """`disrupted_pods` are pods that an eviction was granted and that have not been seen to go, with the time of that."""

    disrupted_pods: dict[str, Time] = {}
    disruptions_allowed: Int32 = 0
    observed_generation: Int64 = 0


class DisruptionBudget(_Part, frozen=True, kw_only=True):
    """A PodDisruptionBudget."""

    metadata: Metadata
    spec: DisruptionBudgetSpec = DisruptionBudgetSpec()
    status: DisruptionBudgetStatus = DisruptionBudgetStatus()


class ServicePort(_Part, frozen=True, kw_only=True):
    name: str = ""
    protocol: str = ""
    port: Int32 = 0
    target_port: Int32 | str = 0
    app_protocol: str = ""
    node_port: Int32 = 0


class ServiceSpec(_Part, frozen=True, kw_only=True):
    type: str = ""
    cluster_ip: str = field(name="clusterIP", default="")
    selector: Texts = {}
    ports: tuple[ServicePort, ...] = ()
    ip_families: tuple[str, ...] = ()
    publish_not_ready_addresses: bool = False


class Service(_Part, frozen=True, kw_only=True):
    metadata: Metadata
    spec: ServiceSpec = ServiceSpec()


class EndpointConditions(_Part, frozen=True, kw_only=True):
    ready: bool | None = None


class Endpoint(_Part, frozen=True, kw_only=True):
    addresses: tuple[str, ...] = ()
    conditions: EndpointConditions = EndpointConditions()


class EndpointPort(_Part, frozen=True, kw_only=True):
    """Without a port it is all of them."""

    name: str = ""
    port: Int32 | None = None


class EndpointSlice(_Part, frozen=True, kw_only=True):
    metadata: Metadata
    endpoints: tuple[Endpoint, ...] = ()
    ports: tuple[EndpointPort, ...] = ()


class ConfigMap(_Part, frozen=True, kw_only=True):
    metadata: Metadata
    data: Texts = {}
    binary_data: Texts = {}


class Secret(_Part, frozen=True, kw_only=True):
    """Its data as it comes: in base64."""

    metadata: Metadata
    data: Texts = {}
