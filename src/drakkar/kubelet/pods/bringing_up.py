"""Starts the containers of a pod that should run and do not: in their order, after their back-off."""

from __future__ import annotations

import logging
import time

from drakkar.client import ClientError
from drakkar.kubelet.pods.containers import PodContainer, backoff
from drakkar.kubelet.pods.hosted_pod import HostedPod
from drakkar.kubelet.pods.launch import LaunchError, container_spec, spec_hash
from drakkar.kubelet.pods.setting_up import SettingUp
from drakkar.kubelet.pods.status import ContainerView, initialized, restarts
from drakkar.kubelet.runtime.container import ContainerSpec, ContainerState
from drakkar.kubelet.runtime.errors import ContainerRuntimeError

_log = logging.getLogger(__name__)


class BringingUp:
    """Of one pod. Where it answers with seconds, these are until the next look is due."""

    def __init__(self, hosted: HostedPod, setting_up: SettingUp) -> None:
        self._hosted = hosted
        self._setting_up = setting_up

    async def run(self) -> float | None:
        """Start what should run and does not; the seconds until a back-off ends."""
        hosted = self._hosted
        if hosted.is_finished:
            return None
        due: list[float] = []
        for container in hosted.init_containers:
            view = container.view(hosted.pod)
            done = view.latest is not None and not view.running and view.latest.exit_code == 0
            if view.sidecar or not (done or view.running):
                due += await self._bring_up(container)
            else:
                container.follow(hosted.pod, hosted.ip)
            if not initialized([container.view(hosted.pod)]):
                for later in hosted.containers[hosted.containers.index(container) + 1 :]:
                    later.waiting = ("PodInitializing", "")
                return min(due, default=None)
        for container in hosted.main_containers:
            due += await self._bring_up(container)
        return min(due, default=None)

    async def _bring_up(self, container: PodContainer) -> list[float]:
        view = container.view(self._hosted.pod)
        latest = view.latest
        if latest is not None and latest.running:
            return await self._follow(container, latest)
        if latest is not None:
            pause = self._pause(container, view, latest)
            if pause is not None:
                return pause
        if container.launching.left:
            return [container.launching.left]
        return await self._launch(container, 0 if latest is None else latest.spec.attempt + 1)

    async def _follow(self, container: PodContainer, running: ContainerState) -> list[float]:
        """See that the probes of a running container run; one whose spec has changed is ended, to be started anew."""
        hosted = self._hosted
        if running.spec.spec_hash != spec_hash(container.container):
            text = f"Container {container.name} definition changed, will be restarted"
            hosted.event("Normal", "Killing", text)
            await container.stop(hosted.pod, hosted.ip, hosted.pod.grace)
            return [0.0]
        container.follow(hosted.pod, hosted.ip)
        return []

    def _pause(
        self, container: PodContainer, view: ContainerView, ended: ContainerState
    ) -> list[float] | None:
        """How long a container that has ended waits for its next start: nothing for ever, None for not any more."""
        container.quiet()
        if not restarts(view, self._hosted.pod.restart_policy):
            container.waiting = ("", "")
            return []
        left = ended.finished_at + backoff(ended) - time.time()
        if left <= 0:
            return None
        text = f"back-off {backoff(ended):g}s restarting failed container={container.name} pod={self._hosted.name}"
        if container.waiting[0] != "CrashLoopBackOff":
            self._hosted.event("Warning", "BackOff", text)
        container.waiting = ("CrashLoopBackOff", text)
        return [left]

    async def _launch(self, container: PodContainer, attempt: int) -> list[float]:
        pause = await self._setting_up.run()
        if pause is not None:
            return [pause]
        hosted = self._hosted
        volumes = hosted.preparation.volumes(hosted.ip)
        try:
            spec, note = await container_spec(
                hosted.node, hosted.pod.pod, container.container, attempt, volumes, hosted.ip
            )
            state = await container.launch(hosted.pod, spec, hosted.ip)
        except LaunchError as error:
            if container.waiting != (error.reason, str(error)):
                reason = "Failed" if error.reason != "FailedMount" else error.reason
                hosted.event("Warning", reason, f"Error: {error.reason}: {error}")
            container.waiting = (error.reason, str(error))
            return [container.launching.failed()]
        except ContainerRuntimeError as error:
            container.waiting = ("RunContainerError", str(error))
            hosted.event("Warning", "Failed", f"Error: {error}")
            return [container.launching.failed()]
        except (ClientError, OSError):
            raise
        except Exception as error:
            # It costs this container only.
            _log.exception("pod %s: container %s", hosted.name, container.name)
            container.waiting = ("CreateContainerError", repr(error))
            hosted.event("Warning", "Failed", f"Error: {error!r}")
            return [container.launching.failed()]
        self._started(container, spec, state, note)
        return []

    def _started(
        self, container: PodContainer, spec: ContainerSpec, state: ContainerState, note: str
    ) -> None:
        """Say what came of a start."""
        container.launching.succeeded()
        if note:
            self._hosted.event("Normal", "LocalCommand", f"container {container.name}: {note}")
        for lack in spec.restrictions.not_given:
            text = f"container {container.name}: {lack}"
            self._hosted.event("Warning", "SecurityContextNotApplied", text)
        if state.failure:
            self._hosted.event("Warning", "Failed", f"Error: {state.failure}")
        else:
            self._hosted.event("Normal", "Started", f"Started container {container.name}")
