"""What a pod's containers need before they start: its volumes, kept fresh afterwards, and its devices."""

from __future__ import annotations

import time
from collections.abc import Callable

from drakkar.api.object import Uid
from drakkar.kubelet.pods.host_volume import VolumeError
from drakkar.kubelet.pods.known_pod import KnownPod
from drakkar.kubelet.pods.launch import pod_directory
from drakkar.kubelet.pods.node_context import NodeContext
from drakkar.kubelet.pods.volumes import Volumes

# Tokens and references in volumes are looked at this often.
_REFRESH_SECONDS = 60.0


class Preparation:
    """Of one pod. It is `done` once all has been in its place in this life of the kubelet."""

    def __init__(self, node: NodeContext, uid: Uid) -> None:
        self._node = node
        self._uid = uid
        self._refreshed = 0.0
        self._volumes: Volumes | None = None
        self.done = False
        # The pod's claims are noted, if only for their end.
        self.held = False

    def volumes(self, pod_ip: str) -> Volumes:
        """The pod's volumes, as far as they are there."""
        if self._volumes is None:
            self._volumes = Volumes(
                self._node.client,
                pod_directory(self._node, self._uid) / "volumes",
                self._node.host_paths,
                {"podIP": pod_ip, "hostIP": self._node.facts.host_ip},
                self._node.facts.allocatable,
            )
        return self._volumes

    async def run(self, pod: KnownPod, pod_ip: str) -> None:
        """Put all in its place; VolumeError, PrepareError and NotRegisteredError say what is not to be had yet."""
        await self._set_up(pod, pod_ip)
        # For one that runs already too: the answer comes from the cache, and the pod's reference is kept.
        await self._node.dra.prepare_pod(pod.pod)
        self.done = self.held = True

    async def hold(self, pod: KnownPod) -> None:
        """Of a pod that an earlier life has started: see that its devices are given back after it, whatever that life has left
        written. PrepareError.
        """
        if not self.held:
            await self._node.dra.hold_pod(pod.pod)
            self.held = True

    async def _set_up(self, pod: KnownPod, pod_ip: str) -> None:
        pod_directory(self._node, self._uid).mkdir(parents=True, exist_ok=True, mode=0o700)
        await self.volumes(pod_ip).set_up(pod)

    async def refresh(self, pod: KnownPod, pod_ip: str, failed: Callable[[str], None]) -> float | None:
        """Keep tokens and references fresh in volumes that change; the seconds until that is due again, None for never.

        What was prepared just now is fresh; a pod that an earlier life left is refreshed at once.
        """
        if self.done and not self.volumes(pod_ip).read_only:
            # Only what we write ourselves changes.
            return None
        now = time.monotonic()
        fresh = self.done and not self._refreshed
        if not fresh and (not self._refreshed or now - self._refreshed >= _REFRESH_SECONDS):
            try:
                await self._set_up(pod, pod_ip)
            except VolumeError as error:
                failed(str(error))
            self._refreshed = now
        self._refreshed = self._refreshed or now
        return self._refreshed + _REFRESH_SECONDS - now
