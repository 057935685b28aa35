"""One container of a pod through its attempts: probes, hooks, back-off, and how it stands."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from itertools import chain

from drakkar.api.object import Uid
from drakkar.api.run_pod import Action, Probe, RunContainer, RunContainerStatus
from drakkar.kubelet.pods import probes
from drakkar.kubelet.pods.interruptible import CalledOffError, Interruptible
from drakkar.kubelet.pods.known_pod import KnownPod
from drakkar.kubelet.pods.node_context import NodeContext
from drakkar.kubelet.pods.retry import Retry
from drakkar.kubelet.pods.status import ContainerView
from drakkar.kubelet.runtime.container import ContainerSpec, ContainerState
from drakkar.kubelet.runtime.log_reading import tail_text

_log = logging.getLogger(__name__)
FIRST_BACKOFF, LONGEST_BACKOFF, WELL_SECONDS = 10.0, 300.0, 600.0
_LAUNCH_SECONDS = 5.0
# As if it had been killed.
_LOST = 137


def backoff(state: ContainerState) -> float:
    """Seconds to wait after an attempt's end: nothing first, then 10 s doubling to 5 min, until one ran for 10 min.

    It follows from the attempt's number alone, so that a restart of the kubelet does not forget it.
    """
    if state.spec.attempt == 0 or state.finished_at - state.started_at >= WELL_SECONDS:
        return 0.0
    return float(min(FIRST_BACKOFF * 2 ** min(state.spec.attempt - 1, 16), LONGEST_BACKOFF))


class PodContainer:
    """`wake` is called when something about the container changed that the pod's worker should look at."""

    def __init__(
        self, node: NodeContext, container: RunContainer, init: bool, wake: Callable[[], None]
    ) -> None:
        self.container = container
        self.init = init
        self.name = container.name
        self.waiting: tuple[str, str] = ("", "")
        self._node = node
        self._wake = wake
        self._lost_at = time.time()
        self._probed = -1
        self._ready = self._started = False
        self._tasks: list[asyncio.Task[None]] = []
        # Its start, which cannot be had as things are: an image unknown, a Secret missing.
        self.launching = Retry(_LAUNCH_SECONDS, _LAUNCH_SECONDS)
        # The preStop hook, and when the container is to have ended, by the monotonic clock.
        self._hook = Interruptible()
        self._end_by = 0.0

    def attempts(self, pod: KnownPod) -> tuple[ContainerState | None, ContainerState | None]:
        """The newest attempt and the one before.

        An attempt that the pod's status tells of and the runtime does not know was lost, say with the machine's power.
        """
        known = [s for s in self._node.runtime.containers(pod.uid) if s.spec.name == self.name]
        if known:
            return known[-1], known[-2] if len(known) > 1 else None
        status = pod.pod.status
        for item in chain(status.init_container_statuses, status.container_statuses):
            if item.name == self.name and item.container_id:
                return self._lost(pod.uid, item), None
        return None, None

    def _lost(self, pod_uid: Uid, told: RunContainerStatus) -> ContainerState:
        """An attempt of which only the pod's status tells."""
        spec = ContainerSpec(
            pod_uid=pod_uid,
            name=self.name,
            attempt=told.restart_count,
            argv=(),
            env={},
            log_path=self._node.config.pods_dir / "lost",
        )
        ended = told.state.terminated
        code = _LOST if ended is None or ended.exit_code is None else ended.exit_code
        failure = "" if ended else "The container could not be located when the kubelet started"
        at = self._lost_at
        return ContainerState(spec, "exited", started_at=at, finished_at=at, exit_code=code, failure=failure)

    def view(self, pod: KnownPod) -> ContainerView:
        """How the container stands now."""
        latest, previous = self.attempts(pod)
        running = latest is not None and latest.running
        message = ""
        failed = latest is not None and not running and latest.exit_code != 0
        if failed and self.container.termination_message_policy == "FallbackToLogsOnError":
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

    async def launch(self, pod: KnownPod, spec: ContainerSpec, pod_ip: str) -> ContainerState:
        """Start an attempt; of the earlier ones only the last is kept. ContainerRuntimeError when it cannot be started."""
        older = [s for s in self._node.runtime.containers(spec.pod_uid) if s.spec.name == self.name]
        for state in older[:-1]:
            await self._node.runtime.remove(state.spec.id)
        # Whoever is cancelled here must not leave a process behind that nobody knows.
        state = await asyncio.shield(self._node.runtime.start(spec))
        self.waiting = ("", "")
        hook = self.container.lifecycle.post_start
        if hook is not None and state.running:
            try:
                # As long as it takes; the pod's deletion or deadline calls it off.
                await self._perform(hook, state, pod_ip, None)
            except probes.ActionError as error:
                self._event(pod, "Warning", "FailedPostStartHook", f"PostStartHook failed: {error}")
                await self._node.runtime.stop(spec.id, 0)
        self.follow(pod, pod_ip)
        return state

    async def _perform(
        self, action: Action, state: ContainerState, pod_ip: str, seconds: float | None
    ) -> None:
        target = probes.Target(self.container, state.spec.id, pod_ip, self._node.runtime)
        await probes.perform(action, target, seconds)

    def _event(self, pod: KnownPod, kind: str, reason: str, message: str) -> None:
        self._node.events.event(pod.obj, kind, reason, message)

    def follow(self, pod: KnownPod, pod_ip: str) -> None:
        """See that a running attempt's probes run, and that no other's do."""
        latest, _ = self.attempts(pod)
        if latest is None or not latest.running:
            self.quiet()
            return
        if self._probed == latest.spec.attempt:
            return
        self.quiet()
        self._probed = latest.spec.attempt
        self._started = self.container.startup_probe is None
        self._ready = self._started and self.container.readiness_probe is None
        self._tasks.append(asyncio.create_task(self._probe(pod, latest, pod_ip)))

    def quiet(self) -> None:
        """Stop probing."""
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()
        self._probed = -1
        self._ready = self._started = False

    async def _probe(self, pod: KnownPod, state: ContainerState, pod_ip: str) -> None:
        async def repeat(
            kind: str, probe: Probe | None, tell: Callable[[bool], None], once: bool = False
        ) -> None:
            if probe is None:
                return

            async def ask(seconds: float) -> None:
                try:
                    await self._perform(probe, state, pod_ip, seconds)
                except probes.ActionError as error:
                    self._event(pod, "Warning", "Unhealthy", f"{kind} probe failed: {error}")
                    raise

            await probes.watch(probe, ask, lambda good, message: tell(good), until_success=once)

        container = self.container

        def started(good: bool) -> None:
            if not good:
                self._kill(pod, state, pod_ip, "startup", container.startup_probe)
                return
            self._started = True
            self._ready = self.container.readiness_probe is None
            self._wake()

        def ready(good: bool) -> None:
            self._ready = good
            self._wake()

        def live(good: bool) -> None:
            if not good:
                self._kill(pod, state, pod_ip, "liveness", container.liveness_probe)

        await repeat("Startup", container.startup_probe, started, once=True)
        async with asyncio.TaskGroup() as group:
            group.create_task(repeat("Readiness", container.readiness_probe, ready))
            group.create_task(repeat("Liveness", container.liveness_probe, live))

    def _kill(
        self, pod: KnownPod, state: ContainerState, pod_ip: str, kind: str, probe: Probe | None
    ) -> None:
        text = f"Container {self.name} failed {kind} probe, will be restarted"
        self._event(pod, "Normal", "Killing", text)
        grace = None if probe is None else probe.termination_grace_period_seconds
        seconds = pod.spec_grace if grace is None else float(grace)
        self._tasks.append(asyncio.create_task(self._end_failed(pod, state, pod_ip, seconds)))

    async def _end_failed(self, pod: KnownPod, state: ContainerState, pod_ip: str, grace: float) -> None:
        try:
            await self._end(pod, state, pod_ip, grace)
        except Exception:
            # The next verdict of the probe, or the pod's end, tries it again.
            _log.exception("pod %s: container %s", pod.name, self.name)

    async def stop(self, pod: KnownPod, pod_ip: str, grace: float) -> None:
        """End a running attempt: its preStop hook first, both within the grace."""
        latest, _ = self.attempts(pod)
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()
        if latest is None or not latest.running:
            return
        text = f"Stopping container {self.name}"
        self._event(pod, "Normal", "Killing", text)
        await self._end(pod, latest, pod_ip, grace)

    async def _end(self, pod: KnownPod, state: ContainerState, pod_ip: str, grace: float) -> None:
        """The preStop hook and the signals of an attempt's end, whatever it ends for."""
        self._end_by = time.monotonic() + grace
        hook = self.container.lifecycle.pre_stop
        if hook is not None and grace > 0:
            try:
                await self._hook.run(self._perform(hook, state, pod_ip, grace))
            except probes.ActionError as error:
                self._event(pod, "Warning", "FailedPreStopHook", f"PreStopHook failed: {error}")
            except CalledOffError:
                self._event(pod, "Warning", "FailedPreStopHook", "PreStopHook called off: less time is given")
        left = self._end_by - time.monotonic()
        if hook is not None:
            # As upstream: what a hook has used up leaves two seconds for the container to end by itself.
            left = max(2.0, left)
        await self._node.runtime.stop(state.spec.id, left)

    def hurry(self, grace: float) -> bool:
        """Give a preStop hook that is going on less time, and the container after it; False where there is none."""
        if not self._hook.active:
            return False
        self._end_by = min(self._end_by, time.monotonic() + grace)
        asyncio.get_running_loop().call_later(grace, self._hook.call_off)
        return True
