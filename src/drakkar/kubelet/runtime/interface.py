"""What a container runtime is asked for: start, watch, stop, remove and exec."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from drakkar.kubelet.runtime.container import ContainerSpec, ContainerState


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
