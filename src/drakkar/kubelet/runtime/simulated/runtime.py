"""The `simulated` runtime: nothing runs. Containers are running at once, and those with a lifetime end well after it."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import NoReturn

import drakkar
from drakkar.api.object import Uid
from drakkar.kubelet.runtime.addresses import candidate
from drakkar.kubelet.runtime.container import (
    ContainerSpec,
    ContainerState,
    ContainerUsage,
    Invocation,
    Restrictions,
)
from drakkar.kubelet.runtime.errors import (
    ContainerRuntimeError,
    NotRunningError,
    StillRunningError,
    UnknownContainerError,
)
from drakkar.kubelet.runtime.interface import RuntimeStatus
from drakkar.kubelet.runtime.lifetime import LIFETIME, SINCE
from drakkar.kubelet.runtime.sandbox import Sandbox, SandboxSpec
from drakkar.kubelet.runtime.security import SecurityRequest

# As a program that SIGTERM ends.
_STOPPED = 143
_NOTHING_RUNS = (
    "nothing runs on this node: its pods only say that they run, and its claims count as prepared"
    " without a driver being asked"
)


class SimulatedRuntime:
    """Answers like a container runtime, in memory alone, for as many nodes as there are: a new one knows nothing of the one
    before. Whoever knows when a container has begun says so with its start (lifetime.py).
    """

    name = "simulated"

    def __init__(self) -> None:
        self._pods: dict[str, dict[str, ContainerState]] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._handlers: list[Callable[[ContainerState], None]] = []

    def status(self) -> RuntimeStatus:
        """See ContainerRuntime."""
        return RuntimeStatus(self.name, drakkar.__version__, _NOTHING_RUNS)

    async def recover(self) -> None:
        """See ContainerRuntime. There is nothing to find."""

    def on_exit(self, handler: Callable[[ContainerState], None]) -> None:
        """See ContainerRuntime."""
        self._handlers.append(handler)

    async def image(self, reference: str, command: Sequence[str], args: Sequence[str]) -> Invocation:
        """See ContainerRuntime. Every image is there."""
        return Invocation((), {})

    def restrict(self, asked: SecurityRequest) -> Restrictions:
        """See ContainerRuntime. What does not run does nothing that it may not."""
        return Restrictions()

    async def run_sandbox(self, spec: SandboxSpec) -> Sandbox:
        """See ContainerRuntime. Nothing listens at the address, so that two pods may happen to have the same; one on its
        host's network has none of its own.
        """
        return Sandbox(spec.pod_uid, "" if spec.host_network else candidate(spec.pod_uid, 0))

    async def remove_sandbox(self, pod_uid: Uid) -> None:
        """See ContainerRuntime."""

    async def port_forward(self, pod_uid: Uid, port: int) -> NoReturn:
        """See ContainerRuntime."""
        raise OSError("the pod is simulated: nothing listens in it")

    def containers(self, pod_uid: Uid | None = None) -> list[ContainerState]:
        """See ContainerRuntime."""
        if pod_uid is not None:
            return list(self._pods.get(pod_uid, {}).values())
        return [state for states in self._pods.values() for state in states.values()]

    async def start(self, spec: ContainerSpec) -> ContainerState:
        """See ContainerRuntime."""
        states = self._pods.setdefault(spec.pod_uid, {})
        if spec.id in states:
            raise ContainerRuntimeError(f"container {spec.id} is there already")
        now = time.time()
        started_at = float(spec.env.get(SINCE, now))
        state = ContainerState(spec, "running", started_at=started_at, runtime=self.name)
        states[spec.id] = state
        if LIFETIME in spec.env:
            left = started_at + float(spec.env[LIFETIME]) - now
            if left <= 0:
                return self._end(state, 0)
            self._timers[spec.id] = asyncio.get_running_loop().call_later(left, self._end, state, 0)
        return state

    def _end(self, state: ContainerState, code: int) -> ContainerState:
        timer = self._timers.pop(state.spec.id, None)
        if timer is not None:
            timer.cancel()
        ended = dataclasses.replace(state, status="exited", finished_at=time.time(), exit_code=code)
        self._pods[state.spec.pod_uid][state.spec.id] = ended
        for handler in self._handlers:
            handler(ended)
        return ended

    def _find(self, container_id: str) -> ContainerState:
        # An id begins with the pod's UID, in which there is no dot.
        state = self._pods.get(container_id.partition(".")[0], {}).get(container_id)
        if state is None:
            raise UnknownContainerError(f"no container {container_id}")
        return state

    def _find_running(self, container_id: str) -> ContainerState:
        state = self._find(container_id)
        if not state.running:
            raise NotRunningError(f"container {container_id} is not running")
        return state

    async def stop(self, container_id: str, grace_seconds: float) -> ContainerState:
        """See ContainerRuntime."""
        state = self._find(container_id)
        return self._end(state, _STOPPED) if state.running else state

    async def remove(self, container_id: str) -> None:
        """See ContainerRuntime."""
        state = self._find(container_id)
        if state.running:
            raise StillRunningError(f"container {container_id} is still running")
        states = self._pods[state.spec.pod_uid]
        del states[container_id]
        if not states:
            del self._pods[state.spec.pod_uid]

    async def exec(
        self, container_id: str, argv: Sequence[str], stdin: bool = False, tty: bool = False
    ) -> NoReturn:
        """See ContainerRuntime."""
        self._find_running(container_id)
        raise ContainerRuntimeError(
            f"container {container_id} is simulated: nothing runs in it, so nothing can be executed"
        )

    async def attach(self, container_id: str, outputs: Sequence[str], stdin: bool) -> NoReturn:
        """See ContainerRuntime."""
        self._find_running(container_id)
        raise ContainerRuntimeError(
            f"container {container_id} is simulated: nothing runs in it, so it says nothing"
        )

    async def stats(self, container_id: str) -> ContainerUsage:
        """See ContainerRuntime. What does not run uses nothing."""
        self._find_running(container_id)
        return ContainerUsage(time.time(), 0.0, 0)

    def close(self) -> None:
        """See ContainerRuntime."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
