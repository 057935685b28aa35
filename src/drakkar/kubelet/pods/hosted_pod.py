"""One pod as its node has it: what the API says of it, what has been set up for it, how its containers stand."""

from __future__ import annotations

import time
from collections.abc import Callable

from drakkar.api.time import time_or_none
from drakkar.kubelet.pods.containers import PodContainer
from drakkar.kubelet.pods.known_pod import KnownPod
from drakkar.kubelet.pods.life import PodLife
from drakkar.kubelet.pods.node_context import NodeContext
from drakkar.kubelet.pods.preparation import Preparation
from drakkar.kubelet.pods.status import OVER, PodView
from drakkar.kubelet.runtime.sandbox import SandboxSpec


class HostedPod:
    """What the parts of a worker share. `wake` is called when something of a container has changed."""

    def __init__(self, node: NodeContext, pod: KnownPod, wake: Callable[[], None]) -> None:
        self.node = node
        self.uid = pod.uid
        # With the resources that it has been given; why these are not what it asks for, and how it is stored.
        self.pod, self.lacking = _allocated(node, pod)
        self._stored = pod
        self.life = PodLife()
        # The pod is no more in the API, so there is nobody to tell and nothing to delete.
        self.gone = False
        # The address; "" before it has one.
        self.ip = ""
        # Why it has failed whatever its containers do: reason and message.
        self.failure: tuple[str, str] = ("", "")
        self.preparation = Preparation(node, pod.uid)
        self._first_seen = time.time()
        first = len(pod.pod.spec.init_containers)
        self.containers = [
            PodContainer(node, item, at < first, wake) for at, item in enumerate(pod.containers)
        ]

    def take(self, pod: KnownPod | None = None) -> None:
        """The pod is so now; without one there may be more to be had for it."""
        self._stored = pod or self._stored
        before = self.lacking
        self.pod, self.lacking = _allocated(self.node, self._stored)
        if self.lacking and self.lacking != before:
            self.event("Warning", "ResizeDeferred", f"Pod resize Deferred: {self.lacking}")

    @property
    def init_containers(self) -> list[PodContainer]:
        """Those of its initialization, the sidecars among them."""
        return [container for container in self.containers if container.init]

    @property
    def main_containers(self) -> list[PodContainer]:
        """All others."""
        return [container for container in self.containers if not container.init]

    @property
    def name(self) -> str:
        """With its namespace, for people."""
        return self.pod.name

    @property
    def is_to_go(self) -> bool:
        """Whether it is deleted, or no more in the API."""
        return self.gone or self.pod.is_deleted

    @property
    def is_over(self) -> bool:
        """Whether the API knows that it has ended."""
        return self.pod.pod.is_over

    @property
    def is_taken_over(self) -> bool:
        """Whether an earlier life of the kubelet has started containers: they are followed whatever is away, and all is
        prepared again when one more is to start.
        """
        return any(container.attempts(self.pod)[0] for container in self.containers)

    @property
    def is_finished(self) -> bool:
        """Whether it has ended, as its containers stand."""
        return self.view().phase in OVER

    def view(self, terminating: bool = False, held: bool = False) -> PodView:
        """The pod as it stands now."""
        views = [container.view(self.pod) for container in self.containers]
        return PodView(
            pod=self.pod.pod,
            stored=self.pod.conditions,
            containers=views,
            ip=self.ip,
            host_ip=self.node.facts.host_ip,
            sandboxed=self.life.prepared or any(view.latest for view in views),
            terminating=terminating,
            held=held,
            failure=self.failure,
            lacking=self.lacking,
        )

    def seconds_left(self) -> float | None:
        """Until the pod's deadline; None where it has none."""
        seconds = self.pod.pod.spec.active_deadline_seconds
        if seconds is None:
            return None
        started = time_or_none(self.pod.pod.status.start_time)
        begun = self._first_seen if started is None else started.timestamp()
        return max(0.0, begun + float(seconds) - time.time())

    async def take_address(self) -> None:
        """See that it has one."""
        if not self.ip:
            self.ip = (await self.node.runtime.run_sandbox(SandboxSpec.of(self.pod.pod))).ip

    def event(self, kind: str, reason: str, message: str) -> None:
        """Tell people of it."""
        self.node.events.event(self.pod.obj, kind, reason, message)


def _allocated(node: NodeContext, pod: KnownPod) -> tuple[KnownPod, str]:
    given, lacking = node.allocations.allocate(pod.pod)
    return KnownPod(pod.obj, given), lacking
