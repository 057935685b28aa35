"""What a pod's containers need before they start: its volumes, kept fresh afterwards, and its devices."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from drakkar.kubelet.pods.host_volume import VolumeError
from drakkar.kubelet.pods.known_pod import KnownPod
from drakkar.kubelet.pods.launch import pod_directory
from drakkar.kubelet.pods.node_context import NodeContext
from drakkar.kubelet.pods.volumes import Volumes

# Tokens and references in volumes are looked at this often.
_REFRESH_SECONDS = 60.0


class Preparation:
    """Of one pod. `volumes` are there once a first preparation has begun."""

    def __init__(self, node: NodeContext, uid: str) -> None:
        self._node = node
        self._uid = uid
        self._running: asyncio.Task[None] | None = None
        self._called_off = False
        self._refreshed = 0.0
        self.volumes: Volumes | None = None

    async def run(self, pod: KnownPod, pod_ip: str) -> bool:
        """Put all in its place; False when that was called off meanwhile.

        VolumeError, PrepareError and NotRegisteredError say what is not to be had yet.
        """
        self._running = asyncio.create_task(self._run(pod, pod_ip))
        try:
            await self._running
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if not self._called_off or caller is None or caller.cancelling():
                raise
            # It was the preparation that was called off, not who waits for it.
            return False
        finally:
            self._running = None
        return True

    def call_off(self) -> None:
        """What is being prepared will not be needed; drivers may take long to answer."""
        if self._running is not None:
            self._called_off = True
            self._running.cancel()

    async def _run(self, pod: KnownPod, pod_ip: str) -> None:
        directory = pod_directory(self._node, self._uid)
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.volumes is None:
            addresses = {"podIP": pod_ip, "hostIP": self._node.facts.host_ip}
            self.volumes = Volumes(
                self._node.client,
                directory / "volumes",
                self._node.host_paths,
                addresses,
                self._node.facts.allocatable,
            )
        await self.volumes.set_up(pod)
        # For one that runs already too: the answer comes from the cache, and the pod's reference is kept.
        await self._node.dra.prepare_pod(pod.pod)

    async def refresh(self, pod: KnownPod, failed: Callable[[str], None]) -> float | None:
        """Keep tokens and references fresh in volumes that change; the seconds until that is due again, None for never."""
        if self.volumes is None or not self.volumes.read_only:
            # Only what we write ourselves changes.
            return None
        now = time.monotonic()
        if self._refreshed and now - self._refreshed >= _REFRESH_SECONDS:
            try:
                await self.volumes.set_up(pod)
            except VolumeError as error:
                failed(str(error))
            self._refreshed = now
        self._refreshed = self._refreshed or now
        return self._refreshed + _REFRESH_SECONDS - now
