"""The cluster that stories are told to: nodes that are heard of and on which nothing runs, and what is seen of all objects."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any

from drakkar.api.time import micro_time_text
from drakkar.client import Client, ClientError, Informer
from drakkar.client.changes import Change
from drakkar.client.resources import (
    DEVICECLASSES,
    DEVICETAINTRULES,
    EVENTS,
    LEASES,
    NODES,
    PODS,
    RESOURCECLAIMS,
    RESOURCECLAIMTEMPLATES,
    RESOURCESLICES,
    Resource,
)

Object = dict[str, Any]
WATCHED = (
    PODS,
    RESOURCECLAIMS,
    RESOURCECLAIMTEMPLATES,
    EVENTS,
    NODES,
    DEVICECLASSES,
    RESOURCESLICES,
    DEVICETAINTRULES,
)
_LEASES, _BEAT_S = "kube-node-lease", 10.0
_SYNC_S = 60.0


class World:
    """`moved` is set by every change of anything that is watched."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.informers = {resource: Informer(client, resource) for resource in WATCHED}
        self._waiting: set[asyncio.Event] = set()
        for informer in self.informers.values():
            informer.add_handler(self._moved)

    def _moved(self, _: Change) -> None:
        for waker in self._waiting:
            waker.set()

    @contextlib.contextmanager
    def attention(self) -> Any:
        """An event that is set by every change."""
        waker = asyncio.Event()
        self._waiting.add(waker)
        try:
            yield waker
        finally:
            self._waiting.discard(waker)

    def all(self, resource: Resource, namespace: str = "") -> list[Object]:
        """What is seen of a collection, in the order of names."""
        store = self.informers[resource].store
        return [store[key] for key in sorted(store) if not namespace or key[0] == namespace]

    def find(self, resource: Resource, name: str, namespace: str = "") -> Object | None:
        """One object as it is seen; None for none."""
        return self.informers[resource].store.get((namespace, name))

    @contextlib.asynccontextmanager
    async def seen(self, nodes: Iterable[tuple[str, dict[str, str]]]) -> AsyncIterator[None]:
        """All is watched, and the nodes, each with its labels, are there and heard of, for the time of the block."""
        names = [name for name, _ in nodes]
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(informer.run()) for informer in self.informers.values()]
            for informer in self.informers.values():
                await informer.wait_synced(_SYNC_S)
            await asyncio.gather(*(self._make(name, labels) for name, labels in nodes))
            running.append(group.create_task(self._beat(names)))
            try:
                yield
            finally:
                for task in running:
                    task.cancel()

    async def _make(self, name: str, labels: dict[str, str]) -> None:
        amounts = {"cpu": "8", "memory": "16Gi", "pods": "20"}
        node = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, **labels}},
            "status": {
                "allocatable": amounts,
                "capacity": amounts,
                "conditions": [_ready()],
            },
        }
        await self.client.create(NODES, node)
        lease = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": name, "namespace": _LEASES},
            "spec": {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": _now()},
        }
        await self.client.create(LEASES, lease)
        await self.client.patch(NODES, name, {"spec": {"taints": None}})

    async def _beat(self, names: list[str]) -> None:
        while True:
            await asyncio.sleep(_BEAT_S)
            for name in names:
                with contextlib.suppress(ClientError):
                    await self.client.patch(LEASES, name, {"spec": {"renewTime": _now()}}, namespace=_LEASES)


def _now() -> str:
    return micro_time_text(datetime.now(UTC))


def _ready() -> Object:
    at = _now().partition(".")[0] + "Z"
    return {
        "type": "Ready",
        "status": "True",
        "reason": "KubeletReady",
        "message": "kubelet is posting ready status",
        "lastHeartbeatTime": at,
        "lastTransitionTime": at,
    }
