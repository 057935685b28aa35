"""A pod as its node runs it: beside what decides where it may go, what its containers are made of.

Those who only place pods, or count them, have no use for that, and read the smaller core.Pod.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import field

from drakkar.api.core import Amount, Container, ContainerStatus, Pod, PodSpec, PodStatus
from drakkar.api.integers import Int32, Int64


class _Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """How every struct here is laid out."""


# What a container is told.


class FieldRef(_Part, frozen=True, kw_only=True):
    field_path: str


class ResourceFieldRef(_Part, frozen=True, kw_only=True):
    resource: str
    container_name: str = ""
    divisor: Amount = "1"


class KeyRef(_Part, frozen=True, kw_only=True):
    """One key of a ConfigMap or a Secret."""

    name: str = ""
    key: str
    optional: bool = False


class NameRef(_Part, frozen=True, kw_only=True):
    """All keys of a ConfigMap or a Secret."""

    name: str = ""
    optional: bool = False


class EnvVarSource(_Part, frozen=True, kw_only=True):
    """One of these."""

    field_ref: FieldRef | None = None
    resource_field_ref: ResourceFieldRef | None = None
    config_map_key_ref: KeyRef | None = None
    secret_key_ref: KeyRef | None = None


class EnvVar(_Part, frozen=True, kw_only=True):
    name: str
    value: str = ""
    value_from: EnvVarSource | None = None


class EnvFromSource(_Part, frozen=True, kw_only=True):
    prefix: str = ""
    config_map_ref: NameRef | None = None
    secret_ref: NameRef | None = None


# What a container is asked.


class ExecAction(_Part, frozen=True, kw_only=True):
    command: tuple[str, ...] = ()


class HttpHeader(_Part, frozen=True, kw_only=True):
    name: str
    value: str = ""


class HttpGetAction(_Part, frozen=True, kw_only=True):
    port: int | str
    host: str = ""
    path: str = ""
    scheme: str = ""
    http_headers: tuple[HttpHeader, ...] = ()


class TcpSocketAction(_Part, frozen=True, kw_only=True):
    port: int | str
    host: str = ""


class GrpcAction(_Part, frozen=True, kw_only=True):
    port: int
    service: str | None = None


class SleepAction(_Part, frozen=True, kw_only=True):
    seconds: float = 0.0


class Action(_Part, frozen=True, kw_only=True):
    """One of these, of a probe or a hook."""

    exec: ExecAction | None = None
    http_get: HttpGetAction | None = None
    tcp_socket: TcpSocketAction | None = None
    grpc: GrpcAction | None = None
    sleep: SleepAction | None = None


class Probe(Action, frozen=True, kw_only=True):
    """0 of a field means the same as none."""

    initial_delay_seconds: float = 0.0
    period_seconds: float = 0.0
    timeout_seconds: float = 0.0
    success_threshold: Int32 = 0
    failure_threshold: Int32 = 0
    termination_grace_period_seconds: Int64 | None = None


class Lifecycle(_Part, frozen=True, kw_only=True):
    post_start: Action | None = None
    pre_stop: Action | None = None


# What a container may do.


class Profile(_Part, frozen=True, kw_only=True):
    """Of seccomp or of AppArmor."""

    type: str = ""
    localhost_profile: str = ""


class Capabilities(_Part, frozen=True, kw_only=True):
    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


class _Inherited(_Part, frozen=True, kw_only=True):
    """What a pod's security context says for containers that do not say it themselves."""

    run_as_user: Int64 | None = None
    run_as_group: Int64 | None = None
    run_as_non_root: bool | None = None
    se_linux_options: dict[str, Any] | None = None
    seccomp_profile: Profile | None = None
    app_armor_profile: Profile | None = None


class SecurityContext(_Inherited, frozen=True, kw_only=True):
    privileged: bool | None = None
    allow_privilege_escalation: bool | None = None
    read_only_root_filesystem: bool | None = None
    capabilities: Capabilities = Capabilities()
    proc_mount: str = ""


class PodSecurityContext(_Inherited, frozen=True, kw_only=True):
    fs_group: Int64 | None = None
    supplemental_groups: tuple[Int64, ...] = ()
    sysctls: tuple[dict[str, Any], ...] = ()


# What a container sees.


class VolumeMount(_Part, frozen=True, kw_only=True):
    name: str
    mount_path: str
    read_only: bool = False
    sub_path: str = ""
    sub_path_expr: str = ""


class HostPathSource(_Part, frozen=True, kw_only=True):
    path: str
    type: str = ""


class EmptyDirSource(_Part, frozen=True, kw_only=True):
    """Made for the pod; nothing of how is looked at."""


class KeyToPath(_Part, frozen=True, kw_only=True):
    key: str
    path: str
    mode: Int32 | None = None


class DataSource(_Part, frozen=True, kw_only=True):
    """A ConfigMap or a Secret; of a volume of its own the Secret's name is `secret_name`."""

    name: str = ""
    secret_name: str = ""
    items: tuple[KeyToPath, ...] = ()
    optional: bool = False
    default_mode: Int32 | None = None


class DownwardFile(_Part, frozen=True, kw_only=True):
    path: str
    field_ref: FieldRef | None = None
    resource_field_ref: ResourceFieldRef | None = None
    mode: Int32 | None = None


class DownwardSource(_Part, frozen=True, kw_only=True):
    items: tuple[DownwardFile, ...] = ()
    default_mode: Int32 | None = None


class TokenSource(_Part, frozen=True, kw_only=True):
    path: str
    audience: str = ""
    expiration_seconds: Int64 | None = None


class Projection(_Part, frozen=True, kw_only=True):
    """One of these."""

    service_account_token: TokenSource | None = None
    config_map: DataSource | None = None
    secret: DataSource | None = None
    downward_api: DownwardSource | None = field(name="downwardAPI", default=None)
    cluster_trust_bundle: dict[str, Any] | None = None
    pod_certificate: dict[str, Any] | None = None


class ProjectedSource(_Part, frozen=True, kw_only=True):
    sources: tuple[Projection, ...] = ()
    default_mode: Int32 | None = None


class Volume(_Part, frozen=True, kw_only=True):
    """One of these; where it is of another kind, none."""

    name: str
    host_path: HostPathSource | None = None
    empty_dir: EmptyDirSource | None = None
    config_map: DataSource | None = None
    secret: DataSource | None = None
    downward_api: DownwardSource | None = field(name="downwardAPI", default=None)
    projected: ProjectedSource | None = None


# The whole.


class ResizePolicy(_Part, frozen=True, kw_only=True):
    """What is done to a container whose amount of something changes."""

    resource_name: str = ""
    restart_policy: str = ""


class RunContainer(Container, frozen=True, kw_only=True):
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    working_dir: str = ""
    stdin: bool = False
    env: tuple[EnvVar, ...] = ()
    env_from: tuple[EnvFromSource, ...] = ()
    volume_mounts: tuple[VolumeMount, ...] = ()
    startup_probe: Probe | None = None
    readiness_probe: Probe | None = None
    liveness_probe: Probe | None = None
    lifecycle: Lifecycle = Lifecycle()
    termination_message_policy: str = ""
    resize_policy: tuple[ResizePolicy, ...] = ()
    security_context: SecurityContext = SecurityContext()


class PodOS(_Part, frozen=True, kw_only=True):
    """The system that the containers are made for."""

    name: str = ""


class RunPodSpec(PodSpec, frozen=True, kw_only=True):
    containers: tuple[RunContainer, ...] = ()
    init_containers: tuple[RunContainer, ...] = ()
    volumes: tuple[Volume, ...] = ()  # type: ignore[assignment]
    enable_service_links: bool | None = None
    security_context: PodSecurityContext = PodSecurityContext()
    host_pid: bool = field(name="hostPID", default=False)
    share_process_namespace: bool = False
    host_users: bool | None = None
    os: PodOS | None = None
    runtime_class_name: str = ""


class RunContainerStatus(ContainerStatus, frozen=True, kw_only=True):
    container_id: str = field(name="containerID", default="")


class RunPodStatus(PodStatus, frozen=True, kw_only=True):
    container_statuses: tuple[RunContainerStatus, ...] = ()
    init_container_statuses: tuple[RunContainerStatus, ...] = ()


class RunPod(Pod, frozen=True, kw_only=True):
    spec: RunPodSpec
    status: RunPodStatus = RunPodStatus()
