"""Brings one pod to what its spec says and keeps it there, until it has ended or is deleted.

A worker looks at everything anew each time it is woken (`_sync`), so it does not matter what it missed: an event, or
a life of the kubelet.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from drakkar.api.time import time_or_none
from drakkar.client import ClientError
from drakkar.client.lifetime import is_cancelled
from drakkar.kubelet.devices.plugins import NotRegisteredError
from drakkar.kubelet.devices.usable_claim import PrepareError
from drakkar.kubelet.host.remove_tree import remove_tree
from drakkar.kubelet.pods.containers import PodContainer, backoff
from drakkar.kubelet.pods.host_volume import VolumeError
from drakkar.kubelet.pods.interruptible import CalledOffError, Interruptible
from drakkar.kubelet.pods.known_pod import KnownPod
from drakkar.kubelet.pods.launch import LaunchError, container_spec, pod_directory, spec_hash
from drakkar.kubelet.pods.life import FORCED_GRACE, PodLife, Stage
from drakkar.kubelet.pods.node_context import NodeContext
from drakkar.kubelet.pods.preparation import Preparation
from drakkar.kubelet.pods.retry import FIRST_RETRY, LONGEST_RETRY, Retry
from drakkar.kubelet.pods.status import OVER, PodView, initialized, pod_status, restarts
from drakkar.kubelet.pods.telling import remove, write_status
from drakkar.kubelet.runtime.container import ContainerState
from drakkar.kubelet.runtime.errors import ContainerRuntimeError
from drakkar.kubelet.runtime.sandbox import SandboxSpec

_log = logging.getLogger(__name__)


class PodWorker:
    """Works on one pod, named by UID, in a task of its own."""

    def __init__(
        self, node: NodeContext, pod: KnownPod, note: Callable[[str], None] = lambda version: None
    ) -> None:
        """`note` is told of the versions that the pod gets by our writes."""
        self._note = note
        self.uid = pod.uid
        self.pod = pod
        self._node = node
        self._wake = asyncio.Event()
        self._life = PodLife()
        # The pod is no more in the API, so there is nobody to tell and nothing to delete.
        self._gone = False
        self._preparation = Preparation(node, self.uid)
        # All that is waited for while the pod is to live: drivers, images, volumes, hooks, the API.
        self._living = Interruptible()
        self._ip = ""
        self._preparing = Retry()
        self._holding = Retry()
        self._failure: tuple[str, str] = ("", "")
        self._hurrying: set[asyncio.Task[None]] = set()
        self._sent: dict[str, Any] | None = None
        # The version that the pod had after our last write.
        self._written = 0
        self._first_seen = time.time()
        first = len(pod.pod.spec.init_containers)
        self._containers = [
            PodContainer(node, item, at < first, self._wake.set) for at, item in enumerate(pod.containers)
        ]

    def update(self, pod: KnownPod) -> None:
        """The pod has changed."""
        if pod.version < self._written:
            # We have written a status since, and its own event is still to come.
            return
        before, self.pod = self.pod.grace, pod
        if self._life.is_ending and self.pod.grace < before:
            self._hurry(self.pod.grace)
        for mine, given in zip(self._containers, pod.containers, strict=False):
            if mine.container != given:
                mine.container = given
                mine.launching.hasten()
        self.wake()

    def rewound(self) -> None:
        """The server is an older copy of itself: what it was told may be lost, and what it tells is right however old it is."""
        self._written, self._sent = 0, None
        self.wake()

    def gone(self) -> None:
        """The pod is no more in the API: end it without a word to the server."""
        self._gone = True
        if self._life.is_ending:
            # Somebody would not wait for the grace.
            self._hurry(FORCED_GRACE)
        self.wake()

    def wake(self) -> None:
        """Look again."""
        if self._ending:
            self._living.call_off()
        self._wake.set()

    def retry(self) -> None:
        """What the pod waits for may have come: look again, and try again at once."""
        self._preparing.hasten()
        self._holding.hasten()
        for container in self._containers:
            container.launching.hasten()
        self.wake()

    def _hurry(self, grace: float) -> None:
        """What is being stopped is to end sooner."""
        busy = {container.name for container in self._containers if container.hurry(grace)}
        for state in self._node.runtime.containers(self.uid):
            if state.running and state.spec.name not in busy:
                task = asyncio.create_task(self._end_soon(state.spec.id, grace))
                self._hurrying.add(task)
                task.add_done_callback(self._hurrying.discard)

    async def _end_soon(self, container_id: str, grace: float) -> None:
        try:
            await self._node.runtime.stop(container_id, grace)
        except ContainerRuntimeError as error:
            _log.warning("pod %s: %s", self._name, error)

    @property
    def _ending(self) -> bool:
        return self._gone or self.pod.is_deleted

    async def run(self) -> None:
        """Work until the pod is gone from the API and the node."""
        pause = FIRST_RETRY
        try:
            while True:
                self._wake.clear()
                try:
                    again = await self._sync()
                    if self._life.stage is Stage.GONE:
                        return
                    pause = FIRST_RETRY
                except (ClientError, OSError, TimeoutError, ContainerRuntimeError) as error:
                    _log.warning("pod %s: %s; will try again", self._name, str(error) or repr(error))
                    again, pause = pause, min(pause * 2, LONGEST_RETRY)
                except (PrepareError, NotRegisteredError) as error:
                    _log.warning("pod %s: %s", self._name, error)
                    again, pause = pause, min(pause * 2, LONGEST_RETRY)
                except (Exception, asyncio.CancelledError) as error:
                    if is_cancelled():
                        raise
                    # A mistake with one pod, or the end of something that it waited for, must not end the care for it,
                    # nor be silent.
                    _log.exception("pod %s", self._name)
                    self._event("Warning", "FailedSync", f"error syncing pod, will try again: {error!r}")
                    again, pause = pause, min(pause * 2, LONGEST_RETRY)
                try:
                    async with asyncio.timeout(again):
                        await self._wake.wait()
                except TimeoutError:
                    pass
        finally:
            for container in self._containers:
                container.quiet()

    @property
    def _name(self) -> str:
        return self.pod.name

    def _event(self, kind: str, reason: str, message: str) -> None:
        self._node.events.event(self.pod.obj, kind, reason, message)

    async def _sync(self) -> float | None:
        """One look; the seconds until the next one is due, None for when something happens."""
        self._heed_deadline()
        match self._life.heed(self._ending, self._over or bool(self._failure[0])):
            case Stage.TERMINATING:
                await self._terminate()
                return None
            case Stage.ENDING:
                await self._wind_up()
                return None
            case Stage.ENDED:
                if not self._over:
                    # The server knew it and has forgotten.
                    await self._report()
                return None
        left = self._seconds_left()
        late = None if left is None else asyncio.get_running_loop().call_later(left, self._living.call_off)
        try:
            return await self._living.run(self._live())
        except CalledOffError:
            # The pod is deleted, or has had its time.
            return 0.0
        finally:
            if late is not None:
                late.cancel()

    async def _live(self) -> float | None:
        """See that what should run does; the seconds until the next look is due."""
        if not self._ip:
            await self._take_address()
        if self._life.stage is Stage.PREPARING:
            if not self._is_taken_over:
                pause = await self._set_up()
                if pause is not None:
                    return pause
            self._life.go(Stage.RUNNING)
        due = [self._seconds_left(), await self._run_containers()]
        if self._finished():
            self._life.go(Stage.ENDING)
            return 0.0
        await self._report()
        # Last, for a server that is away keeps nobody from seeing how the containers are.
        due.append(await self._preparation.refresh(self.pod, self._ip, self._not_mounted))
        due.append(await self._hold())
        return min((seconds for seconds in due if seconds is not None), default=None)

    @property
    def _is_taken_over(self) -> bool:
        """Whether an earlier life of the kubelet has started containers: they are followed whatever is away, and all is
        prepared again when one more is to start.
        """
        return any(container.attempts(self.pod)[0] for container in self._containers)

    async def _hold(self) -> float | None:
        """See that a pod which was taken over holds its devices; the seconds until that is tried again."""
        if self._preparation.held or self._holding.left:
            return self._holding.left or None
        try:
            await self._preparation.hold(self.pod)
        except PrepareError as error:
            text = f"Failed to note dynamic resources of a running pod: {error}"
            self._event("Warning", "FailedPrepareDynamicResources", text)
            return self._holding.failed()
        return None

    def _not_mounted(self, text: str) -> None:
        self._event("Warning", "FailedMount", text)

    async def _set_up(self) -> float | None:
        """Prepare what the containers need; None once it is there, or the seconds until it is tried again."""
        if self._preparation.done:
            return None
        if self._preparing.left:
            return self._preparing.left
        try:
            await self._preparation.run(self.pod, self._ip)
        except VolumeError as error:
            return await self._not_yet("FailedMount", str(error))
        except (PrepareError, NotRegisteredError) as error:
            text = f"Failed to prepare dynamic resources: {error}"
            return await self._not_yet("FailedPrepareDynamicResources", text)
        self._preparing.succeeded()
        return None

    async def _take_address(self) -> None:
        self._ip = (await self._node.runtime.run_sandbox(SandboxSpec.of(self.pod.pod))).ip

    async def _not_yet(self, reason: str, message: str) -> float:
        pause = self._preparing.failed()
        self._event("Warning", reason, message)
        first = (
            "PodInitializing"
            if any(container.init for container in self._containers)
            else "ContainerCreating"
        )
        for container in self._containers:
            if container.attempts(self.pod)[0] is None:
                container.waiting = (first, "")
        await self._report()
        return pause

    def _seconds_left(self) -> float | None:
        """Until the pod's deadline; None where it has none."""
        seconds = self.pod.pod.spec.active_deadline_seconds
        if seconds is None:
            return None
        started = time_or_none(self.pod.pod.status.start_time)
        begun = self._first_seen if started is None else started.timestamp()
        return max(0.0, begun + float(seconds) - time.time())

    def _heed_deadline(self) -> None:
        alive = self._life.stage in (Stage.PREPARING, Stage.RUNNING)
        if alive and self._seconds_left() == 0 and not self._finished():
            text = "Pod was active on the node longer than the specified deadline"
            self._failure = ("DeadlineExceeded", text)
            self._event("Normal", *self._failure)

    async def _run_containers(self) -> float | None:
        """Start what should run and does not; the seconds until a back-off ends."""
        policy = self.pod.restart_policy
        if self._finished():
            return None
        due: list[float] = []
        init = [container for container in self._containers if container.init]
        main = [container for container in self._containers if not container.init]
        for container in init:
            view = container.view(self.pod)
            done = view.latest is not None and not view.running and view.latest.exit_code == 0
            if view.sidecar or not (done or view.running):
                due += await self._bring_up(container, policy)
            else:
                container.follow(self.pod, self._ip)
            if not initialized([container.view(self.pod)]):
                for later in self._containers[self._containers.index(container) + 1 :]:
                    later.waiting = ("PodInitializing", "")
                return min(due, default=None)
        for container in main:
            due += await self._bring_up(container, policy)
        return min(due, default=None)

    async def _bring_up(self, container: PodContainer, policy: str) -> list[float]:
        view = container.view(self.pod)
        latest = view.latest
        if latest is not None and latest.running:
            if latest.spec.spec_hash != spec_hash(container.container):
                self._event(
                    "Normal", "Killing", f"Container {container.name} definition changed, will be restarted"
                )
                await container.stop(self.pod, self._ip, self.pod.grace)
                return [0.0]
            container.follow(self.pod, self._ip)
            return []
        attempt = 0
        if latest is not None:
            container.quiet()
            if not restarts(view, policy):
                container.waiting = ("", "")
                return []
            left = latest.finished_at + backoff(latest) - time.time()
            if left > 0:
                text = f"back-off {backoff(latest):g}s restarting failed container={container.name} pod={self._name}"
                if container.waiting[0] != "CrashLoopBackOff":
                    self._event("Warning", "BackOff", text)
                container.waiting = ("CrashLoopBackOff", text)
                return [left]
            attempt = latest.spec.attempt + 1
        if container.launching.left:
            return [container.launching.left]
        return await self._launch(container, attempt)

    async def _launch(self, container: PodContainer, attempt: int) -> list[float]:
        pause = await self._set_up()
        if pause is not None:
            return [pause]
        volumes = self._preparation.volumes(self._ip)
        try:
            spec, note = await container_spec(
                self._node, self.pod.pod, container.container, attempt, volumes, self._ip
            )
            state = await container.launch(self.pod, spec, self._ip)
        except LaunchError as error:
            if container.waiting != (error.reason, str(error)):
                reason = "Failed" if error.reason != "FailedMount" else error.reason
                self._event("Warning", reason, f"Error: {error.reason}: {error}")
            container.waiting = (error.reason, str(error))
            return [container.launching.failed()]
        except ContainerRuntimeError as error:
            container.waiting = ("RunContainerError", str(error))
            self._event("Warning", "Failed", f"Error: {error}")
            return [container.launching.failed()]
        except (ClientError, OSError):
            raise
        except Exception as error:
            # It costs this container only.
            _log.exception("pod %s: container %s", self._name, container.name)
            container.waiting = ("CreateContainerError", repr(error))
            self._event("Warning", "Failed", f"Error: {error!r}")
            return [container.launching.failed()]
        container.launching.succeeded()
        if note:
            self._event("Normal", "LocalCommand", f"container {container.name}: {note}")
        for text in spec.restrictions.not_given:
            self._event("Warning", "SecurityContextNotApplied", f"container {container.name}: {text}")
        if state.failure:
            self._event("Warning", "Failed", f"Error: {state.failure}")
        else:
            self._event("Normal", "Started", f"Started container {container.name}")
        return []

    def _view(self, terminating: bool = False, held: bool = False) -> PodView:
        """The pod as it stands now."""
        views = [container.view(self.pod) for container in self._containers]
        return PodView(
            pod=self.pod.pod,
            stored=self.pod.conditions,
            containers=views,
            ip=self._ip,
            host_ip=self._node.facts.host_ip,
            sandboxed=self._life.prepared or any(view.latest for view in views),
            terminating=terminating,
            held=held,
            failure=self._failure,
        )

    def _finished(self) -> bool:
        return self._view().phase in OVER

    async def _report(self, terminating: bool = False, held: bool = False) -> None:
        """Tell the server how the pod stands, if it does not know."""
        status = pod_status(self._view(terminating, held), time.time())
        if self._sent == status:
            return
        new = await write_status(self._node.client, self.pod.pod.metadata, status, self.pod.conditions)
        if new is None:
            return
        self._sent = status
        self._note(str(new["metadata"]["resourceVersion"]))
        if not self.pod.is_deleted:
            self.pod = KnownPod.of(new)
            self._written = self.pod.version

    async def _stop_all(self, grace: float) -> None:
        """End the main containers together, then the sidecars, the last first, in what is left of the grace."""
        begun = time.monotonic()
        main = [container for container in self._containers if not container.init]
        await asyncio.gather(*(container.stop(self.pod, self._ip, grace) for container in main))
        for container in reversed([container for container in self._containers if container.init]):
            await container.stop(self.pod, self._ip, max(0.0, grace - (time.monotonic() - begun)))

    @property
    def _over(self) -> bool:
        return self.pod.pod.is_over

    async def _give_back(self) -> None:
        """Unprepare the pod's devices. Until that is done the pod does not count as ended: its claims, and with them
        the devices, would be given to others."""
        if self._is_taken_over and not self._gone and not self._over:
            try:
                await self._preparation.hold(self.pod)
            except PrepareError as error:
                _log.warning("pod %s: %s", self._name, error)
        try:
            await self._node.dra.unprepare_pod(self.uid)
        except (PrepareError, NotRegisteredError) as error:
            self._event("Warning", "FailedUnprepareDynamicResources", str(error))
            if not self._gone and not self._over:
                await self._report(held=True)
            raise

    async def _wind_up(self) -> None:
        """A finished pod gives its devices back and then says that it has ended; its logs stay until it is deleted."""
        await self._stop_all(self.pod.grace)
        await self._give_back()
        if not self._over:
            await self._report()
        self._life.go(Stage.ENDED)

    async def _terminate(self) -> None:
        """End everything of a deleted pod; an exception means to come again."""
        if not self._ip:
            await self._take_address()
        # Who removed it without our word did not wait, and its devices may be somebody else's already.
        await self._stop_all(FORCED_GRACE if self._gone else self.pod.grace)
        await self._give_back()
        if not self._gone and not self._over:
            await self._report(terminating=True)
        for state in self._node.runtime.containers(self.uid):
            await self._node.runtime.remove(state.spec.id)
        # There are Secrets in it: the API is not told before they are gone.
        await asyncio.to_thread(remove_tree, pod_directory(self._node, self.uid))
        if not self._gone:
            await remove(self._node.client, self.pod.pod.metadata)
        await self._node.runtime.remove_sandbox(self.uid)
        self._life.go(Stage.GONE)

    def container(self, name: str) -> tuple[ContainerState | None, ContainerState | None]:
        """A container's newest attempt and the one before, for its log and for exec; KeyError for no such name."""
        for item in self._containers:
            if item.name == name:
                return item.attempts(self.pod)
        raise KeyError(name)

    def waits(self, name: str) -> str:
        """The reason why a container has not started yet."""
        return next((c.waiting[0] for c in self._containers if c.name == name), "") or "ContainerCreating"

    @property
    def ip(self) -> str:
        """The pod's address; "" before it has one."""
        return self._ip
