"""Pods leave nodes that have a NoExecute taint, those that tolerate it for a while after that."""

from __future__ import annotations

import time
from typing import Any, Final, NamedTuple

from drakkar.api.core import Node, Pod, Taint
from drakkar.api.object import Object, ObjectKey, Uid
from drakkar.api.time import time_text
from drakkar.client import Client, ConflictError, EventRecorder, NotFoundError, WorkQueue
from drakkar.client.changes import ChangeOf
from drakkar.client.resources import NODES, PODS
from drakkar.controllers.machinery.clock import now
from drakkar.controllers.machinery.mirror import Mirror, Mirrors
from drakkar.controllers.machinery.pods_by_node import PodsByNode
from drakkar.controllers.machinery.podstate import SeenPod, is_finished
from drakkar.controllers.machinery.seen import Seen
from drakkar.placement import lasting

_MANAGER: Final = "TaintEvictionController"
_REASON: Final = "TaintManagerEviction"
_CONDITION: Final = {
    "type": "DisruptionTarget",
    "status": "True",
    "reason": "DeletionByTaintManager",
    "message": "Taint manager: deleting due to NoExecute taint",
}


class _Pending(NamedTuple):
    """A pod that is tolerated for a while, and since when (time.monotonic)."""

    uid: Uid
    since: float


def driving_out(node: Node | None) -> tuple[Taint, ...]:
    """The taints that pods are driven out by; none of a node that is not known."""
    return () if node is None else tuple(one for one in node.spec.taints if one.effect == "NoExecute")


class TaintEvictionController:
    """Keys are those of pods."""

    name = "taint-eviction"
    workers = 4

    def __init__(
        self, client: Client, mirrors: Mirrors, events: EventRecorder, comparing: bool = False
    ) -> None:
        """`comparing`: whether tolerations may compare (TaintTolerationComparisonOperators)."""
        self._client = client
        self._events = events
        self._comparing = comparing
        self._nodes = mirrors.of(NODES, Node)
        self._pods = mirrors.of(PODS, Pod)
        self.queue: WorkQueue[ObjectKey] = WorkQueue()
        self.needs: tuple[Mirror[Any], ...] = (self._nodes, self._pods)
        self._pending: dict[ObjectKey, _Pending] = {}
        self._by_node = PodsByNode()
        self._nodes.add_handler(self._on_node)
        self._pods.add_handler(self._on_pod)

    def _on_node(self, change: ChangeOf[Seen[Node]]) -> None:
        before, now_ = (driving_out(None if one is None else one.it) for one in (change.old, change.new))
        if before != now_:
            one = change.new or change.old
            assert one is not None
            for key in self._by_node.of(one.key.name):
                self.queue.add(key)

    def _on_pod(self, change: ChangeOf[SeenPod]) -> None:
        self._by_node.changed(change)
        old, new = change.old, change.new
        pod = new or old
        assert pod is not None
        if pod.key in self._pending or (new is not None and self._taints(new)):
            self.queue.add(pod.key)

    def _taints(self, pod: SeenPod) -> tuple[Taint, ...]:
        node = self._nodes.get("", pod.it.spec.node_name) if pod.it.spec.node_name else None
        return driving_out(None if node is None else node.it)

    async def reconcile(self, key: ObjectKey) -> None:
        pod = self._pods.get(*key)
        pending = self._pending.get(key)
        if pending is not None and (pod is None or pod.uid != pending.uid):
            del self._pending[key]
            pending = None
        if pod is None:
            return
        if pod.is_deleting or is_finished(pod):
            self._pending.pop(key, None)
            return
        seconds = lasting(pod.it.spec.tolerations, self._taints(pod), self._comparing)
        if seconds is None:
            if self._pending.pop(key, None) is not None:
                self._tell(pod, "Cancelling deletion of Pod")
            return
        moment = time.monotonic()
        if pending is None:
            pending = self._pending[key] = _Pending(pod.uid, moment)
        left = pending.since + seconds - moment
        if left > 0:
            self.queue.add_after(key, left)
            return
        await self._evict(pod)
        self._pending.pop(key, None)

    async def _evict(self, pod: SeenPod) -> None:
        self._tell(pod, "Marking for deletion Pod")
        namespace, name = pod.key
        try:
            await self._say_why(pod)
            await self._client.delete(PODS, name, namespace, uid=pod.uid)
        except NotFoundError:
            return
        except ConflictError:
            # Another one has its name by now.
            if self._pods.get(*pod.key) is pod:
                raise
            return
        self._pods.learn_deletion(pod.key, pod.uid)

    async def _say_why(self, pod: SeenPod) -> None:
        namespace, name = pod.key
        said = {"observedGeneration": pod.it.metadata.generation, "lastTransitionTime": time_text(now())}
        body: Object = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace, "uid": pod.uid},
            "status": {"conditions": [{**_CONDITION, **said}]},
        }
        answer = await self._client.patch(
            PODS, name, body, namespace, "apply", subresource="status", field_manager=_MANAGER, force=True
        )
        self._pods.learn(answer)

    def _tell(self, pod: SeenPod, what: str) -> None:
        self._events.event(pod.obj, "Normal", _REASON, f"{what} {pod.key.namespace}/{pod.key.name}")
