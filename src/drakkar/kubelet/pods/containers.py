"""One container of a pod through its attempts: probes, hooks, back-off, and how it stands."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from drakkar.kubelet.pods import probes
from drakkar.kubelet.pods.node_context import NodeContext
from drakkar.kubelet.pods.status import ContainerView
from drakkar.kubelet.runtime.container import ContainerSpec, ContainerState
from drakkar.kubelet.runtime.errors import RuntimeFailure
from drakkar.kubelet.runtime.log_reading import tail_text

Object = Mapping[str, Any]
_log = logging.getLogger(__name__)
FIRST_BACKOFF, LONGEST_BACKOFF, WELL_SECONDS = 10.0, 300.0, 600.0
_HOOK_SECONDS = 60.0


def backoff(state: ContainerState) -> float:
    """Seconds to wait after an attempt's end: nothing first, then 10 s doubling to 5 min, until one ran for 10 min.

    It follows from the attempt's number alone, so that a restart of the kubelet does not forget it.
    """
    if state.spec.attempt == 0 or state.finished_at - state.started_at >= WELL_SECONDS:
        return 0.0
    return float(min(FIRST_BACKOFF * 2 ** min(state.spec.attempt - 1, 16), LONGEST_BACKOFF))


class PodContainer:
    """`wake` is called when something about the container changed that the pod's worker should look at."""

    def __init__(self, node: NodeContext, container: Object, init: bool, wake: Callable[[], None]) -> None:
        self.container = container
        self.init = init
        self.name = str(container["name"])
        self.waiting: tuple[str, str] = ("", "")
        self._node = node
        self._wake = wake
        self._lost_at = time.time()
        self._probed = -1
        self._ready = self._started = False
        self._tasks: list[asyncio.Task[None]] = []

    def attempts(self, pod: Object) -> tuple[ContainerState | None, ContainerState | None]:
        """The newest attempt and the one before.

        An attempt that the pod's status tells of and the runtime does not know was lost, say with the machine's power.
        """
        known = [s for s in self._node.runtime.containers(pod["metadata"]["uid"]) if s.spec.name == self.name]
        if known:
            return known[-1], known[-2] if len(known) > 1 else None
        status = pod.get("status") or {}
        listed = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
        for item in listed:
            if item["name"] == self.name and item.get("containerID"):
                now = self._lost_at
                spec = ContainerSpec(
                    pod_uid=pod["metadata"]["uid"],
                    name=self.name,
                    attempt=int(item.get("restartCount") or 0),
                    argv=(),
                    env={},
                    log_path=self._node.config.pods_dir / "lost",
                )
                ended = (item.get("state") or {}).get("terminated") or {}
                code = int(ended.get("exitCode", 137))
                lost = "" if ended else "The container could not be located when the kubelet started"
                return ContainerState(
                    spec, "exited", started_at=now, finished_at=now, exit_code=code, failure=lost
                ), None
        return None, None

    def view(self, pod: Object) -> ContainerView:
        """How the container stands now."""
        latest, previous = self.attempts(pod)
        running = latest is not None and latest.running
        message = ""
        failed = latest is not None and not running and latest.exit_code != 0
        if failed and self.container.get("terminationMessagePolicy") == "FallbackToLogsOnError":
            assert latest is not None
            message = tail_text(latest.spec.log_path)
        done = self.init and latest is not None and not running and latest.exit_code == 0
        return ContainerView(
            container=self.container,
            latest=latest,
            previous=previous,
            waiting=self.waiting,
            ready=done or (running and self._ready),
            started=running and self._started,
            message=message,
            init=self.init,
        )

    async def launch(self, pod: Object, spec: ContainerSpec, pod_ip: str) -> ContainerState:
        """Start an attempt; of the earlier ones only the last is kept. RuntimeFailure when it cannot be started."""
        older = [s for s in self._node.runtime.containers(spec.pod_uid) if s.spec.name == self.name]
        for state in older[:-1]:
            await self._node.runtime.remove(state.spec.id)
        # Whoever is cancelled here must not leave a process behind that nobody knows.
        state = await asyncio.shield(self._node.runtime.start(spec))
        self.waiting = ("", "")
        hook = (self.container.get("lifecycle") or {}).get("postStart")
        if hook and state.running:
            try:
                await self._perform(hook, state, pod_ip, _HOOK_SECONDS)
            except probes.ActionFailed as error:
                self._node.events.event(
                    dict(pod), "Warning", "FailedPostStartHook", f"PostStartHook failed: {error}"
                )
                await self._node.runtime.stop(spec.id, 0)
        self.follow(pod, pod_ip)
        return state

    async def _perform(self, action: Object, state: ContainerState, pod_ip: str, seconds: float) -> None:
        await probes.perform(action, self.container, state.spec.id, pod_ip, self._node.runtime, seconds)

    def follow(self, pod: Object, pod_ip: str) -> None:
        """See that a running attempt's probes run, and that no other's do."""
        latest, _ = self.attempts(pod)
        if latest is None or not latest.running:
            self.quiet()
            return
        if self._probed == latest.spec.attempt:
            return
        self.quiet()
        self._probed = latest.spec.attempt
        self._started = not self.container.get("startupProbe")
        self._ready = self._started and not self.container.get("readinessProbe")
        self._tasks.append(asyncio.create_task(self._probe(pod, latest, pod_ip)))

    def quiet(self) -> None:
        """Stop probing."""
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()
        self._probed = -1
        self._ready = self._started = False

    async def _probe(self, pod: Object, state: ContainerState, pod_ip: str) -> None:
        async def repeat(kind: str, tell: Callable[[bool, str], None], once: bool = False) -> None:
            probe = self.container.get(f"{kind.lower()}Probe")
            if not probe:
                return

            async def ask(seconds: float) -> None:
                try:
                    await self._perform(probe, state, pod_ip, seconds)
                except probes.ActionFailed as error:
                    text = f"{kind} probe failed: {error}"
                    self._node.events.event(dict(pod), "Warning", "Unhealthy", text)
                    raise

            await probes.watch(probe, ask, tell, until_success=once)

        def started(good: bool, message: str) -> None:
            if not good:
                self._kill(pod, state, pod_ip, "startup")
                return
            self._started = True
            self._ready = not self.container.get("readinessProbe")
            self._wake()

        def ready(good: bool, message: str) -> None:
            self._ready = good
            self._wake()

        def live(good: bool, message: str) -> None:
            if not good:
                self._kill(pod, state, pod_ip, "liveness")

        await repeat("Startup", started, once=True)
        async with asyncio.TaskGroup() as group:
            group.create_task(repeat("Readiness", ready))
            group.create_task(repeat("Liveness", live))

    def _kill(self, pod: Object, state: ContainerState, pod_ip: str, kind: str) -> None:
        text = f"Container {self.name} failed {kind} probe, will be restarted"
        self._node.events.event(dict(pod), "Normal", "Killing", text)
        probe = self.container.get(f"{kind}Probe") or {}
        grace = probe.get("terminationGracePeriodSeconds")
        if grace is None:
            grace = pod["spec"].get("terminationGracePeriodSeconds", 30)
        self._tasks.append(asyncio.create_task(self._end_failed(pod, state, pod_ip, float(grace))))

    async def _end_failed(self, pod: Object, state: ContainerState, pod_ip: str, grace: float) -> None:
        try:
            await self._end(pod, state, pod_ip, grace)
        except RuntimeFailure as error:
            _log.error("%s", error)

    async def stop(self, pod: Object, pod_ip: str, grace: float) -> None:
        """End a running attempt: its preStop hook first, both within the grace."""
        latest, _ = self.attempts(pod)
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()
        if latest is None or not latest.running:
            return
        text = f"Stopping container {self.name}"
        self._node.events.event(dict(pod), "Normal", "Killing", text)
        await self._end(pod, latest, pod_ip, grace)

    async def _end(self, pod: Object, state: ContainerState, pod_ip: str, grace: float) -> None:
        """The preStop hook and the signals of an attempt's end, whatever it ends for."""
        begun = time.monotonic()
        hook = (self.container.get("lifecycle") or {}).get("preStop")
        if hook and grace > 0:
            try:
                await self._perform(hook, state, pod_ip, grace)
            except probes.ActionFailed as error:
                self._node.events.event(
                    dict(pod), "Warning", "FailedPreStopHook", f"PreStopHook failed: {error}"
                )
        # As upstream: what a hook has used up leaves two seconds for the container to end by itself.
        left = (
            grace - (time.monotonic() - begun) if not hook else max(2.0, grace - (time.monotonic() - begun))
        )
        await self._node.runtime.stop(state.spec.id, left)
