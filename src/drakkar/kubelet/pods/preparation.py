"""What a pod's containers need before they start: its volumes, kept fresh afterwards, and its devices."""

from __future__ import annotations

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
        self._refreshed = 0.0
        self.volumes: Volumes | None = None

    async def run(self, pod: KnownPod, pod_ip: str) -> None:
        """Put all in its place; VolumeError, PrepareError and NotRegisteredError say what is not to be had yet."""
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
