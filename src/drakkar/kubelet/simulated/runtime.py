"""The `simulated` runtime: nothing runs. Containers are running at once, and those with a lifetime end well after it."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable, Sequence
from typing import NoReturn

from drakkar.kubelet.runtime.container import ContainerSpec, ContainerState
from drakkar.kubelet.runtime.errors import RuntimeFailure

# In a container's environment: how many seconds it lives. Without it, it runs until it is stopped.
LIFETIME = "DRAKKAR_SIMULATED_SECONDS"
# As a program that SIGTERM ends.
_STOPPED = 143


class SimulatedRuntime:
    """Answers like a container runtime, in memory alone: a new one knows nothing of the one before.

    It is no whole ContainerRuntime yet: what a pod's worker asks before a start (image, restrict, run_sandbox), status,
    stats, attach and port_forward are missing, for simulated pods have a life of their own in pods.py.
    """

    name = "simulated"

    def __init__(self) -> None:
        self._pods: dict[str, dict[str, ContainerState]] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._handlers: list[Callable[[ContainerState], None]] = []

    async def recover(self) -> None:
        """There is nothing to find; who knows of containers from before tells of them by `resume`."""

    def on_exit(self, handler: Callable[[ContainerState], None]) -> None:
        self._handlers.append(handler)

    def containers(self, pod_uid: str | None = None) -> list[ContainerState]:
        if pod_uid is not None:
            return list(self._pods.get(pod_uid, {}).values())
        return [state for states in self._pods.values() for state in states.values()]

    async def start(self, spec: ContainerSpec) -> ContainerState:
        return self.resume(spec, time.time())

    def resume(self, spec: ContainerSpec, started_at: float) -> ContainerState:
        """A container that has been running since `started_at`; its lifetime counts from then."""
        states = self._pods.setdefault(spec.pod_uid, {})
        if spec.id in states:
            raise RuntimeFailure(f"container {spec.id} is there already")
        state = ContainerState(spec, "running", started_at=started_at, runtime=self.name)
        states[spec.id] = state
        if LIFETIME in spec.env:
            left = started_at + float(spec.env[LIFETIME]) - time.time()
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
            raise RuntimeFailure(f"no container {container_id}")
        return state

    async def stop(self, container_id: str, grace_seconds: float) -> ContainerState:
        state = self._find(container_id)
        return self._end(state, _STOPPED) if state.running else state

    async def remove(self, container_id: str) -> None:
        state = self._find(container_id)
        if state.running:
            raise RuntimeFailure(f"container {container_id} is still running")
        states = self._pods[state.spec.pod_uid]
        del states[container_id]
        if not states:
            del self._pods[state.spec.pod_uid]

    def forget(self, pod_uid: str) -> None:
        """Drop a pod that is gone; nobody is told that its containers ended."""
        for container_id in self._pods.pop(pod_uid, {}):
            timer = self._timers.pop(container_id, None)
            if timer is not None:
                timer.cancel()

    async def exec(
        self, container_id: str, argv: Sequence[str], stdin: bool = False, tty: bool = False
    ) -> NoReturn:
        raise RuntimeFailure(
            f"container {container_id} is simulated: nothing runs in it, so nothing can be executed"
        )

    def close(self) -> None:
        """End the timers."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
