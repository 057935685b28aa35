"""Ends a pod: its containers, then its devices, and last what the API and the node have of it."""

from __future__ import annotations

import asyncio
import logging
import time

from drakkar.kubelet.devices.plugins import NotRegisteredError
from drakkar.kubelet.devices.usable_claim import PrepareError
from drakkar.kubelet.host.remove_tree import remove_tree
from drakkar.kubelet.pods.hosted_pod import HostedPod
from drakkar.kubelet.pods.launch import pod_directory
from drakkar.kubelet.pods.life import FORCED_GRACE, Stage
from drakkar.kubelet.pods.status_report import StatusReport
from drakkar.kubelet.pods.telling import remove
from drakkar.kubelet.runtime.errors import ContainerRuntimeError

_log = logging.getLogger(__name__)


class Ending:
    """Of one pod."""

    def __init__(self, hosted: HostedPod, report: StatusReport) -> None:
        self._hosted = hosted
        self._report = report
        self._hurrying: set[asyncio.Task[None]] = set()

    def hurry(self, grace: float) -> None:
        """What is being stopped is to end sooner."""
        hosted = self._hosted
        busy = {container.name for container in hosted.containers if container.hurry(grace)}
        for state in hosted.node.runtime.containers(hosted.uid):
            if state.running and state.spec.name not in busy:
                task = asyncio.create_task(self._end_soon(state.spec.id, grace))
                self._hurrying.add(task)
                task.add_done_callback(self._hurrying.discard)

    async def _end_soon(self, container_id: str, grace: float) -> None:
        try:
            await self._hosted.node.runtime.stop(container_id, grace)
        except ContainerRuntimeError as error:
            _log.warning("pod %s: %s", self._hosted.name, error)

    async def wind_up(self) -> None:
        """A finished pod gives its devices back and then says that it has ended; its logs stay until it is deleted."""
        await self._stop_all(self._hosted.pod.grace)
        await self._give_back()
        if not self._hosted.is_over:
            await self._report.tell()
        self._hosted.life.go(Stage.ENDED)

    async def terminate(self) -> None:
        """End everything of a deleted pod; an exception means to come again."""
        hosted = self._hosted
        runtime = hosted.node.runtime
        await hosted.take_address()
        # Who removed it without our word did not wait, and its devices may be somebody else's already.
        await self._stop_all(FORCED_GRACE if hosted.gone else hosted.pod.grace)
        await self._give_back()
        if not hosted.gone and not hosted.is_over:
            await self._report.tell(terminating=True)
        for state in runtime.containers(hosted.uid):
            await runtime.remove(state.spec.id)
        # There are Secrets in it: the API is not told before they are gone.
        await asyncio.to_thread(remove_tree, pod_directory(hosted.node, hosted.uid))
        if not hosted.gone:
            await remove(hosted.node.client, hosted.pod.pod.metadata)
        await runtime.remove_sandbox(hosted.uid)
        hosted.life.go(Stage.GONE)

    async def _stop_all(self, grace: float) -> None:
        """End the main containers together, then the sidecars, the last first, in what is left of the grace."""
        hosted = self._hosted
        begun = time.monotonic()
        stops = (container.stop(hosted.pod, hosted.ip, grace) for container in hosted.main_containers)
        await asyncio.gather(*stops)
        for container in reversed(hosted.init_containers):
            left = max(0.0, grace - (time.monotonic() - begun))
            await container.stop(hosted.pod, hosted.ip, left)

    async def _give_back(self) -> None:
        """Unprepare the pod's devices. Until that is done the pod does not count as ended: its claims, and with them
        the devices, would be given to others."""
        hosted = self._hosted
        if hosted.is_taken_over and not hosted.gone and not hosted.is_over:
            try:
                await hosted.preparation.hold(hosted.pod)
            except PrepareError as error:
                _log.warning("pod %s: %s", hosted.name, error)
        try:
            await hosted.node.dra.unprepare_pod(hosted.uid)
        except (PrepareError, NotRegisteredError) as error:
            hosted.event("Warning", "FailedUnprepareDynamicResources", str(error))
            if not hosted.gone and not hosted.is_over:
                await self._report.tell(held=True)
            raise
