"""A container as the kubelet wants it and as the runtime has it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from drakkar.api.object import Uid


@dataclass(frozen=True, slots=True)
class BindMount:
    """A file or directory of the host that a container sees at `target`.

    `source` is a path without links; `below` leads on from there, and never out of it. One that is `owned` is the node's own
    and may lie among what no pod sees otherwise: a pod's volume, the directories that drivers know as the kubelet's.
    """

    source: str
    target: str
    read_only: bool = False
    below: str = ""
    owned: bool = False

    @property
    def path(self) -> str:
        """The whole path on the host."""
        return os.path.normpath(os.path.join(self.source, self.below))


@dataclass(frozen=True, slots=True)
class DeviceFile:
    """A device file of the host that a container sees at `path`; `permissions` are some of "rwm"."""

    host_path: str
    path: str
    permissions: str = "rwm"


@dataclass(frozen=True, slots=True)
class Invocation:
    """What an image's container runs: its command and args, and the image's variables, below the pod's own. `files` are what
    the image has besides: paths of the host by those in the container.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    # For the user; "" is nothing to tell.
    note: str = ""
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Restrictions:
    """What the runtime holds a container to. None for user and group is the kubelet's own, and for capabilities all."""

    user: int | None = None
    group: int | None = None
    groups: tuple[int, ...] = ()
    capabilities: tuple[int, ...] | None = None
    no_new_privileges: bool = False
    read_only_root: bool = False
    host_devices: bool = False
    unmasked: bool = False
    own_processes: bool = False
    # What was asked for and is not given, for the user.
    not_given: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """One attempt to run a container. `argv` and `env` are final: nothing is added to them."""

    pod_uid: Uid
    name: str
    attempt: int
    argv: Sequence[str]
    env: Mapping[str, str]
    log_path: Path
    cwd: str = "/"
    mounts: Sequence[BindMount] = field(default_factory=tuple)
    restrictions: Restrictions = field(default_factory=Restrictions)
    stdin: bool = False
    image: str = ""
    # Changes when the container's part of the pod's spec does; the kubelet compares, the runtime keeps.
    spec_hash: str = ""
    devices: Sequence[DeviceFile] = field(default_factory=tuple)

    @property
    def id(self) -> str:
        return f"{self.pod_uid}.{self.name}.{self.attempt}"


@dataclass(frozen=True, slots=True)
class ContainerState:
    """How an attempt stands: `status` is "created", "running" or "exited"; times are seconds since the epoch."""

    spec: ContainerSpec
    status: str
    pid: int = 0
    started_at: float = 0.0
    finished_at: float = 0.0
    exit_code: int = 0
    # Set when the command could not be started at all, or nobody saw it end.
    failure: str = ""
    # Whose container it is; statuses name it in front of the container's id.
    runtime: str = "process"

    @property
    def running(self) -> bool:
        return self.status != "exited"


@dataclass(frozen=True, slots=True)
class ContainerUsage:
    """What a container has used by `at`, seconds since the epoch: CPU time in seconds, and memory in bytes as it is then."""

    at: float
    cpu_seconds: float
    memory_bytes: int
