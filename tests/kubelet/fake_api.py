"""An API server in memory with the client's methods that a kubelet uses, and a node put together on top of it."""

from __future__ import annotations

import asyncio
import copy
import itertools
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from drakkar.api.core import Container, Pod
from drakkar.api.workloads import Service
from drakkar.client import AlreadyExists, Conflict, NotFound, Resource
from drakkar.client.resources import CONFIGMAPS, PODS, SECRETS
from drakkar.kubelet.config import KubeletConfig
from drakkar.kubelet.host.paths import HostPaths
from drakkar.kubelet.pods.environment import NodeFacts
from drakkar.kubelet.pods.node_context import NodeContext
from drakkar.kubelet.runtime.process.images import ImageTable
from drakkar.kubelet.runtime.process.mounts import Isolation
from drakkar.kubelet.runtime.process.runtime import ProcessRuntime

Object = dict[str, Any]
KINDS = {"pods": PODS, "configmaps": CONFIGMAPS, "secrets": SECRETS}


class FakeClient:
    """Stores objects; a pod's deletion waits for the kubelet, as on a server."""

    server = "https://127.0.0.1:6443"

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], Object] = {}
        self._version = itertools.count(1)
        self._changed: list[asyncio.Queue[tuple[str, Object]]] = []
        self.tokens = 0

    def put(self, resource: Resource, obj: Object) -> Object:
        """Store and tell the watchers."""
        meta = obj["metadata"]
        key = (resource.plural, meta.get("namespace") or "", meta["name"])
        kind = "MODIFIED" if key in self.objects else "ADDED"
        obj = copy.deepcopy(obj)
        obj["metadata"]["resourceVersion"] = str(next(self._version))
        obj["metadata"].setdefault("uid", f"uid-{meta['name']}")
        self.objects[key] = obj
        self._tell(resource, kind, obj)
        return copy.deepcopy(obj)

    def _tell(self, resource: Resource, kind: str, obj: Object) -> None:
        if resource.plural == "pods":
            for queue in self._changed:
                queue.put_nowait((kind, copy.deepcopy(obj)))

    def remove(self, resource: Resource, namespace: str, name: str) -> None:
        obj = self.objects.pop((resource.plural, namespace, name))
        obj["metadata"]["resourceVersion"] = str(next(self._version))
        self._tell(resource, "DELETED", obj)

    async def get(self, resource: Resource, name: str, namespace: str | None = None) -> Object:
        try:
            return copy.deepcopy(self.objects[resource.plural, namespace or "", name])
        except KeyError:
            raise NotFound(404, "NotFound", f"{resource.plural} {name!r} not found") from None

    async def create(self, resource: Resource, obj: Object, namespace: str | None = None) -> Object:
        if (resource.plural, namespace or "", obj["metadata"]["name"]) in self.objects:
            raise AlreadyExists(409, "AlreadyExists", "exists")
        return self.put(resource, obj)

    async def update(self, resource: Resource, obj: Object, subresource: str | None = None) -> Object:
        return self.put(resource, obj)

    async def patch(
        self,
        resource: Resource,
        name: str,
        body: Object,
        namespace: str | None = None,
        kind: str = "merge",
        subresource: str | None = None,
    ) -> Object:
        obj = await self.get(resource, name, namespace)
        if (body.get("metadata") or {}).get("uid", obj["metadata"]["uid"]) != obj["metadata"]["uid"]:
            raise Conflict(409, "Conflict", "uid")
        if subresource == "status":
            obj["status"] = {**(obj.get("status") or {}), **body["status"]}
        else:
            obj["metadata"].update(body["metadata"])
        return self.put(resource, obj)

    async def delete(
        self,
        resource: Resource,
        name: str,
        namespace: str | None = None,
        grace_period_seconds: int | None = None,
        uid: str | None = None,
    ) -> Object:
        obj = await self.get(resource, name, namespace)
        if uid is not None and uid != obj["metadata"]["uid"]:
            raise Conflict(409, "Conflict", "uid")
        if grace_period_seconds != 0:
            obj["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
            obj["metadata"]["deletionGracePeriodSeconds"] = grace_period_seconds or 30
            return self.put(resource, obj)
        self.remove(resource, namespace or "", name)
        return obj

    async def list(self, resource: Resource, *_: Any, **__: Any) -> Object:
        items = [o for (plural, _, _), o in self.objects.items() if plural == resource.plural]
        return {"metadata": {"resourceVersion": str(next(self._version))}, "items": copy.deepcopy(items)}

    async def watch(self, resource: Resource, *_: Any, **__: Any) -> AsyncIterator[tuple[str, Object]]:
        queue: asyncio.Queue[tuple[str, Object]] = asyncio.Queue()
        self._changed.append(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._changed.remove(queue)

    async def post_subresource(
        self, resource: Resource, name: str, subresource: str, obj: Object, namespace: str | None = None
    ) -> Object:
        self.tokens += 1
        return {"status": {"token": f"token-{self.tokens}"}, "spec": obj["spec"]}

    async def pod(self, name: str, wanted: Callable[[Object], Any], seconds: float = 10.0) -> Object:
        """The pod once it is as wanted."""
        queue: asyncio.Queue[tuple[str, Object]] = asyncio.Queue()
        self._changed.append(queue)
        try:
            async with asyncio.timeout(seconds):
                pod = self.objects.get(("pods", "ns", name))
                while pod is None or not wanted(pod):
                    await queue.get()
                    pod = self.objects.get(("pods", "ns", name))
                return pod
        except TimeoutError:
            raise AssertionError(f"still {self.objects.get(('pods', 'ns', name))}") from None
        finally:
            self._changed.remove(queue)

    async def pod_gone(self, name: str, seconds: float = 10.0) -> None:
        """Return once the pod is removed."""
        queue: asyncio.Queue[tuple[str, Object]] = asyncio.Queue()
        self._changed.append(queue)
        try:
            async with asyncio.timeout(seconds):
                while ("pods", "ns", name) in self.objects:
                    await queue.get()
        finally:
            self._changed.remove(queue)


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
        self.unprepared: list[str] = []
        self.failure: Exception | None = None
        self.unprepare_failure: Exception | None = None
        self.ids: list[str] = []

    async def prepare_pod(self, pod: Pod) -> None:
        if self.failure is not None:
            raise self.failure
        self.prepared.append(pod.metadata.name)

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

    def __init__(self, root: Path, client: FakeClient, mode: str = "none") -> None:
        here = root / "unused"
        self.config = KubeletConfig("node", root, here, here, here)
        self.config.make_directories()
        self.client, self.dra, self.events = client, FakeDra(), FakeEvents()
        images = ImageTable(self.config.images_file)
        self.runtime = ProcessRuntime(self.config.containers_dir, Isolation(mode), images=images)
        self.services: list[Service] = []
        facts = NodeFacts("127.0.0.1", 6443, "127.0.0.1", {"cpu": "2"}, self.config.bin_dir)
        self.context = NodeContext(
            client=client,  # type: ignore[arg-type]
            config=self.config,
            runtime=self.runtime,
            dra=self.dra,  # type: ignore[arg-type]
            host_paths=HostPaths.of(self.config),
            facts=facts,
            events=self.events,  # type: ignore[arg-type]
            services=lambda: self.services,
        )

    @classmethod
    async def started(cls, root: Path, client: FakeClient) -> FakeNode:
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
