"""Brings one pod to what its spec says and keeps it there, until it has ended or is deleted.

A worker looks at everything anew each time it is woken (`_sync`), so it does not matter what it missed: an event, or
a life of the kubelet.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from drakkar.api.object import Uid
from drakkar.client import ClientError
from drakkar.client.lifetime import is_cancelled
from drakkar.kubelet.devices.plugins import NotRegisteredError
from drakkar.kubelet.devices.usable_claim import PrepareError
from drakkar.kubelet.pods.bringing_up import BringingUp
from drakkar.kubelet.pods.ending import Ending
from drakkar.kubelet.pods.hosted_pod import HostedPod
from drakkar.kubelet.pods.interruptible import CalledOffError, Interruptible
from drakkar.kubelet.pods.known_pod import KnownPod
from drakkar.kubelet.pods.life import FORCED_GRACE, Stage
from drakkar.kubelet.pods.node_context import NodeContext
from drakkar.kubelet.pods.retry import FIRST_RETRY, LONGEST_RETRY
from drakkar.kubelet.pods.setting_up import SettingUp
from drakkar.kubelet.pods.status_report import StatusReport
from drakkar.kubelet.runtime.container import ContainerState
from drakkar.kubelet.runtime.errors import ContainerRuntimeError

_log = logging.getLogger(__name__)
# A look costs about a tenth of a millisecond a container, and each of a pod's containers may ask for one: where there are very
# many, looks keep a distance at which they take a tenth of the time, so that the node's other pods have theirs.
_FEW_CONTAINERS = 100
_APART_S = 0.001
_SYSTEM = "linux"


class PodWorker:
    """Works on one pod, named by UID, in a task of its own."""

    def __init__(
        self, node: NodeContext, pod: KnownPod, note: Callable[[str], None] = lambda version: None
    ) -> None:
        """`note` is told of the versions that the pod gets by our writes."""
        self._wake = asyncio.Event()
        self._hosted = HostedPod(node, pod, self._wake.set)
        self._life = self._hosted.life
        self._report = StatusReport(self._hosted, note)
        self._setting_up = SettingUp(self._hosted, self._report)
        self._bringing_up = BringingUp(self._hosted, self._setting_up)
        self._end = Ending(self._hosted, self._report)
        # All that is waited for while the pod is to live: drivers, images, volumes, hooks, the API.
        self._living = Interruptible()

    @property
    def uid(self) -> Uid:
        return self._hosted.uid

    @property
    def ip(self) -> str:
        """The pod's address; "" before it has one."""
        return self._hosted.ip

    def update(self, pod: KnownPod) -> None:
        """The pod has changed."""
        if self._report.is_newer_than(pod):
            return
        before = self._hosted.pod.grace
        self._hosted.take(pod)
        if self._life.is_ending and pod.grace < before:
            self._end.hurry(pod.grace)
        self._renew()
        self.wake()

    def _renew(self) -> None:
        for mine, given in zip(self._hosted.containers, self._hosted.pod.containers, strict=False):
            if mine.container != given:
                mine.container = given
                mine.launching.hasten()

    def reallocate(self) -> None:
        """Others take less of the node: the pod may be given what it waits for."""
        if self._hosted.lacking:
            self._hosted.take()
            self._renew()
            self.wake()

    def rewound(self) -> None:
        """The server is an older copy of itself: what it was told may be lost, and what it tells is right however old it is."""
        self._report.rewound()
        self.wake()

    def gone(self) -> None:
        """The pod is no more in the API: end it without a word to the server."""
        self._hosted.gone = True
        if self._life.is_ending:
            # Somebody would not wait for the grace.
            self._end.hurry(FORCED_GRACE)
        self.wake()

    def wake(self) -> None:
        """Look again."""
        if self._hosted.is_to_go:
            self._living.call_off()
        self._wake.set()

    def retry(self) -> None:
        """What the pod waits for may have come: look again, and try again at once."""
        self._setting_up.hasten()
        for container in self._hosted.containers:
            container.launching.hasten()
        self.wake()

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
                except (Exception, asyncio.CancelledError) as error:
                    self._failed(error)
                    again, pause = pause, min(pause * 2, LONGEST_RETRY)
                await self._leave_others_time()
                try:
                    async with asyncio.timeout(again):
                        await self._wake.wait()
                except TimeoutError:
                    pass
        finally:
            for container in self._hosted.containers:
                container.quiet()

    async def _leave_others_time(self) -> None:
        many = len(self._hosted.containers) - _FEW_CONTAINERS
        if many > 0:
            await asyncio.sleep(many * _APART_S)

    def _failed(self, error: BaseException) -> None:
        """Say what went wrong with one look, which will be tried again; raises it where it is the worker that is to end."""
        name = self._hosted.name
        if isinstance(error, ClientError | OSError | TimeoutError | ContainerRuntimeError):
            _log.warning("pod %s: %s; will try again", name, str(error) or repr(error))
        elif isinstance(error, PrepareError | NotRegisteredError):
            _log.warning("pod %s: %s", name, error)
        elif is_cancelled():
            raise error
        else:
            # A mistake with one pod, or the end of something that it waited for, must not end the care for it,
            # nor be silent.
            _log.exception("pod %s", name)
            self._hosted.event("Warning", "FailedSync", f"error syncing pod, will try again: {error!r}")

    async def _sync(self) -> float | None:
        """One look; the seconds until the next one is due, None for when something happens."""
        hosted = self._hosted
        self._heed_system()
        self._heed_deadline()
        match self._life.heed(hosted.is_to_go, hosted.is_over or bool(hosted.failure[0])):
            case Stage.TERMINATING:
                await self._end.terminate()
                return None
            case Stage.ENDING:
                await self._end.wind_up()
                return None
            case Stage.ENDED:
                if not hosted.is_over:
                    # The server knew it and has forgotten.
                    await self._report.tell()
                return None
        left = hosted.seconds_left()
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
        hosted = self._hosted
        await hosted.take_address()
        if self._life.stage is Stage.PREPARING:
            if not hosted.is_taken_over:
                pause = await self._setting_up.run()
                if pause is not None:
                    return pause
            self._life.go(Stage.RUNNING)
        due = [hosted.seconds_left(), await self._bringing_up.run()]
        if hosted.is_finished:
            self._life.go(Stage.ENDING)
            return 0.0
        await self._report.tell()
        # Last, for a server that is away keeps nobody from seeing how the containers are.
        due.append(await self._setting_up.refresh())
        due.append(await self._setting_up.hold())
        return min((seconds for seconds in due if seconds is not None), default=None)

    def _heed_system(self) -> None:
        """A pod for another system is not run: less is forbidden to it, for what it may not ask for there."""
        hosted = self._hosted
        system = hosted.pod.pod.spec.os
        if self._life.stage is Stage.PREPARING and system is not None and system.name not in ("", _SYSTEM):
            text = "Failed to admit pod as the OS field doesn't match node OS"
            hosted.failure = ("PodOSNotSupported", f"Pod was rejected: {text}")
            hosted.event("Warning", "PodOSNotSupported", text)

    def _heed_deadline(self) -> None:
        hosted = self._hosted
        alive = self._life.stage in (Stage.PREPARING, Stage.RUNNING)
        if alive and hosted.seconds_left() == 0 and not hosted.is_finished:
            text = "Pod was active on the node longer than the specified deadline"
            hosted.failure = ("DeadlineExceeded", text)
            hosted.event("Normal", *hosted.failure)

    def container(self, name: str) -> tuple[ContainerState | None, ContainerState | None]:
        """A container's newest attempt and the one before, for its log and for exec; KeyError for no such name."""
        for item in self._hosted.containers:
            if item.name == name:
                return item.attempts(self._hosted.pod)
        raise KeyError(name)

    def waits(self, name: str) -> str:
        """The reason why a container has not started yet."""
        waiting = next((c.waiting[0] for c in self._hosted.containers if c.name == name), "")
        return waiting or "ContainerCreating"
