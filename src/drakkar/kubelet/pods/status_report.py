"""What the API server was told of one pod's status last, so that it is told only what it does not know."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from drakkar.kubelet.pods.hosted_pod import HostedPod
from drakkar.kubelet.pods.known_pod import KnownPod
from drakkar.kubelet.pods.status import pod_status
from drakkar.kubelet.pods.telling import write_status


class StatusReport:
    """Of one pod. `note` is told of the versions that the pod gets by our writes."""

    def __init__(self, hosted: HostedPod, note: Callable[[str], None]) -> None:
        self._hosted = hosted
        self._note = note
        self._sent: dict[str, Any] | None = None
        # The version that the pod had after our last write.
        self._written = 0

    def is_newer_than(self, pod: KnownPod) -> bool:
        """Whether we have written a status since this version, whose own event is still to come."""
        return 0 < pod.version < self._written

    def rewound(self) -> None:
        """The server is an older copy of itself: what it was told may be lost, and what it tells is right however old it is."""
        self._written, self._sent = 0, None

    async def tell(self, terminating: bool = False, held: bool = False) -> None:
        """Tell the server how the pod stands, if it does not know."""
        hosted = self._hosted
        status = pod_status(hosted.view(terminating, held), time.time())
        if self._sent == status:
            return
        meta, stored = hosted.pod.pod.metadata, hosted.pod.conditions
        new = await write_status(hosted.node.client, meta, status, stored)
        if new is None:
            return
        self._sent = status
        self._note(str(new["metadata"]["resourceVersion"]))
        if not hosted.pod.is_deleted:
            hosted.take(KnownPod.of(new))
            self._written = hosted.pod.version
