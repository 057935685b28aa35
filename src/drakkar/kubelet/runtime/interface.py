"""What a container runtime is asked for: start, watch, stop, remove and exec, and the data that passes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class RuntimeFailure(Exception):
    """The runtime could not do what was asked; the message is for the user."""


@dataclass(frozen=True, slots=True)
class BindMount:
    """A file or directory of the host that a container sees at `target`.

    `source` is a path without links; `below` leads on from there, and never out of it.
    """

    source: str
    target: str
    read_only: bool = False
    below: str = ""

    @property
    def path(self) -> str:
        """The whole path on the host."""
        return os.path.normpath(os.path.join(self.source, self.below))


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

    pod_uid: str
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


class ExecSession(Protocol):
    """A command inside a running container. Closing kills it if it still runs."""

    stdout: asyncio.StreamReader | None
    stderr: asyncio.StreamReader | None

    async def write(self, data: bytes) -> None: ...

    def end_input(self) -> None: ...

    def resize(self, width: int, height: int) -> None: ...

    async def wait(self) -> int: ...

    def close(self) -> None: ...


class ContainerRuntime(Protocol):
    """Keeps containers through restarts of the kubelet. Methods raise RuntimeFailure."""

    name: str

    def recover(self) -> None:
        """Find the containers of an earlier run again; call once, in the event loop, before all else."""

    def on_exit(self, handler: Callable[[ContainerState], None]) -> None:
        """Call `handler` in the event loop when a container ends."""

    def containers(self, pod_uid: str | None = None) -> list[ContainerState]:
        """Every attempt that was not removed, the oldest first."""

    async def start(self, spec: ContainerSpec) -> ContainerState: ...

    async def stop(self, container_id: str, grace_seconds: float) -> ContainerState: ...

    def remove(self, container_id: str) -> None:
        """Forget an ended attempt and its files, its log included."""

    async def exec(
        self, container_id: str, argv: Sequence[str], stdin: bool = False, tty: bool = False
    ) -> ExecSession: ...

    def close(self) -> None:
        """Stop watching; containers run on."""
