"""A node put together on an API server in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from drakkar.api.core import Container, Pod
from drakkar.api.workloads import Service
from drakkar.client.resources import PODS
from drakkar.kubelet.config import KubeletConfig
from drakkar.kubelet.devices.cdi_files import CdiFiles
from drakkar.kubelet.host.paths import HostPaths
from drakkar.kubelet.pods.allocations import Allocations
from drakkar.kubelet.pods.environment import NodeFacts
from drakkar.kubelet.pods.node_context import NodeContext
from drakkar.kubelet.runtime.process.images import ImageTable
from drakkar.kubelet.runtime.process.mounts import Isolation
from drakkar.kubelet.runtime.process.runtime import ProcessRuntime
from drakkar.testing import MemoryApi

Object = dict[str, Any]


class KubeletApi(MemoryApi):
    """An API server with the namespace `ns`, and ways to wait for a pod in it."""

    def __init__(self, signing_key: Path | None = None) -> None:
        super().__init__(signing_key)
        self.put_namespace("ns")

    async def pod(self, name: str, wanted: Callable[[Object], Any], seconds: float = 10.0) -> Object:
        """The pod once it is as wanted."""

        def found() -> Object | None:
            pod = self.find(PODS, name, "ns")
            return pod if pod is not None and wanted(pod) else None

        try:
            pod: Object = await self.until(found, seconds)
        except TimeoutError:
            raise AssertionError(f"still {self.find(PODS, name, 'ns')}") from None
        return pod

    async def pod_gone(self, name: str, seconds: float = 10.0) -> None:
        """Return once the pod is removed."""
        await self.until(lambda: self.find(PODS, name, "ns") is None, seconds)


async def eventually(true: Callable[[], Any], seconds: float = 5.0) -> None:
    """Return once it is true of something that tells nobody when it changes, such as a file."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


class FakeEvents:
    """Remembers events."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    def event(self, obj: Object, kind: str, reason: str, message: str) -> None:
        self.seen.append((reason, message))


class FakeDra:
    """Devices without drivers: notes what was asked, fails while told to, and gives the ids it was given."""

    def __init__(self) -> None:
        self.prepared: list[str] = []
        self.held: list[str] = []
        self.unprepared: list[str] = []
        self.failure: BaseException | None = None
        self.hold_failure: BaseException | None = None
        self.unprepare_failure: BaseException | None = None
        self.ids: list[str] = []

    async def prepare_pod(self, pod: Pod) -> None:
        if self.failure is not None:
            raise self.failure
        self.prepared.append(pod.metadata.name)

    async def hold_pod(self, pod: Pod) -> None:
        if self.hold_failure is not None:
            raise self.hold_failure
        self.held.append(pod.metadata.name)

    async def unprepare_pod(self, uid: str) -> None:
        if self.unprepare_failure is not None:
            raise self.unprepare_failure
        self.unprepared.append(uid)

    def cdi_ids_for_container(self, pod: Pod, container: Container) -> list[str]:
        return self.ids

    def stale_pods(self, known: set[str]) -> set[str]:
        return set()


class FakeNode:
    """A node whose runtime is real and whose API and devices are not."""

    def __init__(self, root: Path, client: KubeletApi, mode: str = "none") -> None:
        here = root / "unused"
        self.config = KubeletConfig("node", root, here, here, here)
        self.config.make_directories()
        self.client, self.dra, self.events = client, FakeDra(), FakeEvents()
        images = ImageTable(self.config.images_file)
        self.runtime = ProcessRuntime(self.config.containers_dir, Isolation(mode), images=images)
        self.services: list[Service] = []
        facts = NodeFacts("127.0.0.1", 6443, "127.0.0.1", {"cpu": "2"}, self.config.bin_dir)
        self.context = NodeContext(
            client=client,
            config=self.config,
            runtime=self.runtime,
            dra=self.dra,  # type: ignore[arg-type]
            cdi=CdiFiles(self.config.cdi_dirs),
            host_paths=HostPaths.of(self.config),
            facts=facts,
            events=self.events,  # type: ignore[arg-type]
            services=lambda: self.services,
            allocations=Allocations({"cpu": "2", "memory": "4Gi"}),
        )

    @classmethod
    async def started(cls, root: Path, client: KubeletApi) -> FakeNode:
        """A node that has found what an earlier one left."""
        made = cls(root, client)
        await made.runtime.recover()
        return made

    closed = False

    async def aclose(self) -> None:
        """Kill what runs, unless the test has handed it to another node."""
        if self.closed:
            return
        for state in self.runtime.containers():
            if state.running:
                await self.runtime.stop(state.spec.id, 0)
        self.runtime.close()


def pod(name: str = "p", script: str = "sleep 100", **spec: Any) -> Object:
    """A pod on the node with one container `c` that runs a shell script."""
    containers = [{"name": "c", "image": "busybox", "command": ["/bin/sh", "-c", script]}]
    return {
        "metadata": {"name": name, "namespace": "ns", "uid": f"uid-{name}"},
        "spec": {"nodeName": "node", "containers": containers, **spec},
        "status": {"phase": "Pending"},
    }
