"""Removes pods that no kubelet will: those of nodes that are gone, and the oldest finished ones of too many."""

from __future__ import annotations

import time

from drakkar.api.core import Pod
from drakkar.client import Client, ConflictError, NotFoundError, WorkQueue
from drakkar.client.resources import NODES, PODS
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.controllers.machinery.podstate import SeenPod, is_finished, is_scheduled

_EVERY_SECONDS = 20.0
# A node that is registered anew must not find its pods gone.
_NODE_GONE_SECONDS = 40.0
_MOST_FINISHED = 12500


class PodGarbageCollector:
    """Has a single key, ""."""

    name = "podgc"
    workers = 1

    def __init__(self, client: Client, mirrors: Mirrors) -> None:
        self._client = client
        self._pods = mirrors.of(PODS, Pod)
        self._nodes = mirrors.of(NODES)
        self._missed_since: dict[str, float] = {}
        self.queue: WorkQueue[str] = WorkQueue()
        self.queue.add("")
        self.needs = (self._pods, self._nodes)

    async def reconcile(self, key: str) -> None:
        self.queue.add_after(key, _EVERY_SECONDS)
        pods, moment = self._pods.all(), time.monotonic()
        missing = {pod.it.spec.node_name for pod in pods if is_scheduled(pod)}
        missing -= {node.key.name for node in self._nodes.all()}
        self._missed_since = {node: self._missed_since.get(node, moment) for node in missing}
        gone = [node for node, since in self._missed_since.items() if moment - since >= _NODE_GONE_SECONDS]
        gone = [node for node in gone if not await self._exists(node)]
        for pod in pods:
            lost = pod.it.spec.node_name in gone if is_scheduled(pod) else pod.is_deleting
            if lost:
                await self._remove(pod)
        finished = sorted(
            (pod for pod in pods if is_finished(pod) and not pod.is_deleting),
            key=lambda pod: pod.it.metadata.creation_timestamp or "",
        )
        for pod in finished[: max(0, len(finished) - _MOST_FINISHED)]:
            await self._remove(pod)

    async def _exists(self, node: str) -> bool:
        try:
            await self._client.get(NODES, node)
        except NotFoundError:
            return False
        return True

    async def _remove(self, pod: SeenPod) -> None:
        """Remove it as it was seen: one that has changed since may have got a node, and run there. It is looked at again."""
        namespace, name = pod.key
        version = pod.obj["metadata"]["resourceVersion"]
        try:
            if not is_finished(pod):
                # Whoever counts pods must learn how this one ended.
                change = {
                    "metadata": {"uid": pod.uid, "resourceVersion": version},
                    "status": {"phase": "Failed"},
                }
                answer = await self._client.patch(PODS, name, change, namespace, subresource="status")
                version = answer["metadata"]["resourceVersion"]
            await self._client.delete(
                PODS, name, namespace, grace_period_seconds=0, uid=pod.uid, resource_version=version
            )
        except (NotFoundError, ConflictError):
            return
        self._pods.learn_deletion(pod.key, pod.uid)
