"""Sees that a pod has its volumes and devices, tries again what was not to be had, and says so."""

from __future__ import annotations

from drakkar.kubelet.devices.plugins import NotRegisteredError
from drakkar.kubelet.devices.usable_claim import PrepareError
from drakkar.kubelet.pods.host_volume import VolumeError
from drakkar.kubelet.pods.hosted_pod import HostedPod
from drakkar.kubelet.pods.retry import Retry
from drakkar.kubelet.pods.status_report import StatusReport


class SettingUp:
    """Of one pod."""

    def __init__(self, hosted: HostedPod, report: StatusReport) -> None:
        self._hosted = hosted
        self._report = report
        self._preparing = Retry()
        self._holding = Retry()

    def hasten(self) -> None:
        """What the pod waits for may have come."""
        self._preparing.hasten()
        self._holding.hasten()

    async def run(self) -> float | None:
        """Prepare what the containers need; None once it is there, or the seconds until it is tried again."""
        hosted = self._hosted
        if hosted.preparation.done:
            return None
        if self._preparing.left:
            return self._preparing.left
        try:
            await hosted.preparation.run(hosted.pod, hosted.ip)
        except VolumeError as error:
            return await self._not_yet("FailedMount", str(error))
        except (PrepareError, NotRegisteredError) as error:
            text = f"Failed to prepare dynamic resources: {error}"
            return await self._not_yet("FailedPrepareDynamicResources", text)
        self._preparing.succeeded()
        return None

    async def _not_yet(self, reason: str, message: str) -> float:
        pause = self._preparing.failed()
        self._hosted.event("Warning", reason, message)
        first = "PodInitializing" if self._hosted.init_containers else "ContainerCreating"
        for container in self._hosted.containers:
            if container.attempts(self._hosted.pod)[0] is None:
                container.waiting = (first, "")
        await self._report.tell()
        return pause

    async def refresh(self) -> float | None:
        """Keep fresh what changes in volumes; the seconds until that is due again, None for never."""
        hosted = self._hosted
        return await hosted.preparation.refresh(hosted.pod, hosted.ip, self._not_mounted)

    def _not_mounted(self, text: str) -> None:
        self._hosted.event("Warning", "FailedMount", text)

    async def hold(self) -> float | None:
        """See that a pod which was taken over holds its devices; the seconds until that is tried again."""
        preparation = self._hosted.preparation
        if preparation.held or self._holding.left:
            return self._holding.left or None
        try:
            await preparation.hold(self._hosted.pod)
        except PrepareError as error:
            text = f"Failed to note dynamic resources of a running pod: {error}"
            self._hosted.event("Warning", "FailedPrepareDynamicResources", text)
            return self._holding.failed()
        return None
