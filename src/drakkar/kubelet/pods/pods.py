"""Gives every pod of the node a worker, wakes it when something happens, and ends what is no longer wanted."""

from __future__ import annotations

import asyncio
import logging

from drakkar.api.object import ObjectKey, Uid, key_of
from drakkar.api.resource import DecodeError
from drakkar.client import Informer
from drakkar.client.changes import Change, Deleted
from drakkar.client.lifetime import keep_all_up, keep_up
from drakkar.client.resources import PODS
from drakkar.kubelet.pods.known_pod import KnownPod
from drakkar.kubelet.pods.node_context import NodeContext
from drakkar.kubelet.pods.orphans import Orphans
from drakkar.kubelet.pods.worker import PodWorker
from drakkar.kubelet.runtime.container import ContainerState

_log = logging.getLogger(__name__)
_SYNC_SECONDS = 60.0


class Pods:
    """The node's pods by UID."""

    def __init__(self, node: NodeContext) -> None:
        self._node = node
        self._workers: dict[Uid, PodWorker] = {}
        self._tasks: dict[Uid, asyncio.Task[None]] = {}
        self._orphans = Orphans(node, self._known)
        self.informer = Informer(node.client, PODS, field_selector=f"spec.nodeName={node.config.node_name}")
        self.informer.on_rewind(self._rewound)
        self.informer.add_handler(self._changed)
        node.runtime.on_exit(self._container_ended)

    async def run(self) -> None:
        """Follow the API until cancelled; containers run on."""
        try:
            works = {"the watch of pods": self.informer.run, "the end of orphaned pods": self._end_orphans}
            await keep_all_up(works, self._node.tell)
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _changed(self, change: Change) -> None:
        old, new = change.old, change.new
        if isinstance(change, Deleted):
            assert old is not None
            worker = self._workers.get(Uid(old["metadata"]["uid"]))
            if worker is not None:
                worker.gone()
            else:
                # One that could not be read may have run in an earlier life.
                self._orphans.wake()
            return
        assert new is not None
        try:
            pod = KnownPod.of(new)
        except DecodeError as error:
            # It costs only itself: one that runs goes on as it was.
            _log.error("Pod %s cannot be read and is left out: %s", "/".join(key_of(dict(new))), error)
            return
        uid = pod.uid
        known = self._workers.get(uid)
        if known is not None:
            known.update(pod)
            if pod.pod.is_over:
                self._node.allocations.release(uid)
            self._reallocate()
            return
        worker = self._workers[uid] = PodWorker(self._node, pod, self.informer.note)
        work = keep_up(f"the worker of pod {pod.name}", worker.run, self._node.tell)
        task = self._tasks[uid] = asyncio.create_task(work)
        task.add_done_callback(lambda _: self._forget(uid))

    def _rewound(self) -> None:
        for worker in self._workers.values():
            worker.rewound()

    def _forget(self, uid: Uid) -> None:
        self._workers.pop(uid, None)
        self._tasks.pop(uid, None)
        self._node.allocations.release(uid)
        self._reallocate()

    def _reallocate(self) -> None:
        """Whoever waits for more of the node looks whether there is more now."""
        for worker in self._workers.values():
            worker.reallocate()

    def _container_ended(self, state: ContainerState) -> None:
        worker = self._workers.get(state.spec.pod_uid)
        if worker is not None:
            worker.wake()

    async def _end_orphans(self) -> None:
        """End what an earlier life of the kubelet left of pods that the API knows no more."""
        while True:
            try:
                await self.informer.wait_synced(_SYNC_SECONDS)
                break
            except TimeoutError:
                continue
        await self._orphans.run()

    def _known(self) -> set[Uid]:
        """The pods that the API has, and those that are still being ended."""
        return {Uid(pod["metadata"]["uid"]) for pod in self.informer.store.values()} | set(self._workers)

    def wake_all(self) -> None:
        """Something that any pod may wait for has changed."""
        for worker in self._workers.values():
            worker.retry()
        self._orphans.wake()

    def find(self, namespace: str, name: str) -> PodWorker | None:
        """The worker of a pod by its name."""
        pod = self.informer.store.get(ObjectKey(namespace, name))
        return None if pod is None else self._workers.get(Uid(pod["metadata"]["uid"]))
