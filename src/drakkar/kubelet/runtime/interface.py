"""What a container runtime is asked for, whichever it is: the terms are the Container Runtime Interface's.

Logs are no question: a runtime writes each container's into its spec's `log_path`, a record a line as CRI runtimes do, and
log_reading.py reads them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from drakkar.api.object import Uid
from drakkar.kubelet.runtime.container import (
    ContainerSpec,
    ContainerState,
    ContainerUsage,
    Invocation,
    Restrictions,
)
from drakkar.kubelet.runtime.sandbox import Sandbox, SandboxSpec
from drakkar.kubelet.runtime.security import SecurityRequest

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class RuntimeStatus:
    """What the node tells of its runtime; `message` says what it isolates and what it cannot."""

    name: str
    version: str
    message: str


class ExecSession(Protocol):
    """A command inside a running container. Closing kills it if it still runs."""

    stdout: asyncio.StreamReader | None
    stderr: asyncio.StreamReader | None

    async def write(self, data: bytes) -> None:
        """Feed its input; what nobody reads is dropped."""

    def end_input(self) -> None:
        """Let it see the end of its input."""

    def resize(self, width: int, height: int) -> None:
        """Set its terminal's size in characters; nothing where it has none."""

    async def wait(self) -> int:
        """Its exit code, once it has ended."""
        ...

    def close(self) -> None:
        """End it, and let go of its pipes."""


class Attachment(Protocol):
    """The ends of a running container's own streams."""

    @property
    def outputs(self) -> Mapping[str, AsyncIterator[bytes]]:
        """What it says from now on, by "stdout" and "stderr"."""
        ...

    async def write(self, data: bytes) -> None:
        """Feed its input, where it has one; what does not fit is dropped, so that nobody waits for a container."""


class ContainerRuntime(Protocol):
    """Keeps containers through restarts of the kubelet. Methods raise ContainerRuntimeError, and the subclasses they name."""

    name: str

    def status(self) -> RuntimeStatus:
        """What it is and can do here."""
        ...

    async def recover(self) -> None:
        """Find the containers of an earlier run again; call once, before all else."""

    def on_exit(self, handler: Callable[[ContainerState], None]) -> None:
        """Call `handler` in the event loop when a container ends."""

    async def image(self, reference: str, command: Sequence[str], args: Sequence[str]) -> Invocation:
        """See that an image is there, and say what runs for a container's command and args; ImageUnavailableError."""
        ...

    def restrict(self, asked: SecurityRequest) -> Restrictions:
        """What a container is held to here, of what its security context asks for; NotPermittedError."""
        ...

    async def run_sandbox(self, spec: SandboxSpec) -> Sandbox:
        """Make what a pod's containers will share; the one that is there, if there is one."""
        ...

    async def remove_sandbox(self, pod_uid: Uid) -> None:
        """Give back what a pod's containers shared, which are all removed. It is fine when there is none."""

    async def port_forward(self, pod_uid: Uid, port: int) -> Connection:
        """A connection to a port inside a pod's sandbox; OSError says why there is none."""
        ...

    def containers(self, pod_uid: Uid | None = None) -> list[ContainerState]:
        """Every attempt that was not removed, the oldest first."""
        ...

    async def start(self, spec: ContainerSpec) -> ContainerState:
        """Make and start a container. One whose command cannot be started has ended, with `failure` in its state."""
        ...

    async def stop(self, container_id: str, grace_seconds: float) -> ContainerState:
        """Ask a container to end, and end it after the grace; UnknownContainerError, StillRunningError if it cannot be killed."""
        ...

    async def remove(self, container_id: str) -> None:
        """Forget an ended attempt and its files, its log included; UnknownContainerError, StillRunningError."""

    async def exec(
        self, container_id: str, argv: Sequence[str], stdin: bool = False, tty: bool = False
    ) -> ExecSession:
        """Run a command in a running container; UnknownContainerError, NotRunningError."""
        ...

    async def attach(self, container_id: str, outputs: Sequence[str], stdin: bool) -> Attachment:
        """Join a container's own streams: those named of "stdout" and "stderr", and its input; UnknownContainerError."""
        ...

    async def stats(self, container_id: str) -> ContainerUsage:
        """What a running container uses; UnknownContainerError, NotRunningError."""
        ...

    def close(self) -> None:
        """Stop watching; containers run on."""
