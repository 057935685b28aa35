"""ReplicaSets and ReplicationControllers: as many pods as asked for, and not more."""

from __future__ import annotations

from typing import Any

from drakkar.api.core import Pod
from drakkar.api.object import Object, ObjectKey
from drakkar.api.workloads import ReplicationController, Workload
from drakkar.client import ApiError, Client, EventRecorder, NotFoundError, WorkQueue
from drakkar.client.changes import ChangeOf
from drakkar.client.resources import PODS, REPLICASETS, REPLICATIONCONTROLLERS
from drakkar.controllers.machinery.clock import now
from drakkar.controllers.machinery.mirror import Mirror, Mirrors
from drakkar.controllers.machinery.ownership import claim_dependents
from drakkar.controllers.machinery.podstate import (
    SeenPod,
    available_in,
    is_active,
    is_finished,
    is_leaving,
    is_ready,
)
from drakkar.controllers.machinery.podwork import BURST, PodWork, namespace_is_ending
from drakkar.controllers.machinery.seen import Seen
from drakkar.controllers.machinery.stored import status_in
from drakkar.controllers.workloads.conditions import conditions_in, find, with_condition, without_condition
from drakkar.controllers.workloads.pod_owners import concerned
from drakkar.controllers.workloads.podtemplate import pod_from_template
from drakkar.controllers.workloads.selector import selects
from drakkar.controllers.workloads.surplus import surplus

_FAILURE = "ReplicaFailure"
# What is shown though it is zero.
_ALWAYS = ("replicas", "observedGeneration", "terminatingReplicas")
Replicated = Seen[Workload] | Seen[ReplicationController]


class ReplicaSetController:
    """Keys are (namespace, name)."""

    name = "replicaset"
    workers = 4
    # Whether a status says how many pods are on their way out.
    _tells_of_leaving = True

    def __init__(self, client: Client, mirrors: Mirrors, events: EventRecorder) -> None:
        self._client = client
        self._sets = self._mirror(mirrors)
        self._pods = mirrors.of(PODS, Pod)
        self._work = PodWork(client, self._pods, events)
        self.queue: WorkQueue[ObjectKey] = WorkQueue()
        self.needs = (self._sets, self._pods)
        self._sets.add_handler(self._on_set)
        self._pods.add_handler(self._on_pod)

    def _mirror(self, mirrors: Mirrors) -> Mirror[Any]:
        return mirrors.of(REPLICASETS, Workload)

    def _on_set(self, change: ChangeOf[Replicated]) -> None:
        new = change.new
        if new is not None:
            self.queue.add(new.key)

    def _on_pod(self, change: ChangeOf[SeenPod]) -> None:
        for key in concerned(change, self._sets.resource.kind, self._sets):
            self.queue.add(key)

    async def reconcile(self, key: ObjectKey) -> None:
        replica_set = self._sets.get(*key)
        if replica_set is None:
            return
        candidates = [pod for pod in self._pods.in_namespace(key[0]) if not is_finished(pod)]
        pods = await claim_dependents(
            self._client, replica_set, self._sets, self._pods, selects(replica_set), candidates
        )
        failure: ApiError | None = None
        if not replica_set.is_deleting:
            try:
                await self._scale(replica_set, [pod for pod in pods if is_active(pod)])
            except ApiError as error:
                # The status shall tell of it before the next try.
                failure = error
        uid = replica_set.uid
        await self._show(replica_set, self._pods.controlled(uid), failure)
        if failure is not None and not namespace_is_ending(failure):
            raise failure

    async def _scale(self, replica_set: Replicated, active: list[SeenPod]) -> None:
        difference = replica_set.it.spec.replicas - len(active)
        if difference > 0:
            template = replica_set.obj["spec"]["template"]
            wanted = [pod_from_template(template, replica_set.obj) for _ in range(min(difference, BURST))]
            await self._work.create(replica_set, wanted)
            if difference > BURST:
                self.queue.add(replica_set.key)
        elif difference < 0:
            await self._work.delete(replica_set, surplus(active, -difference))

    async def _show(self, replica_set: Replicated, pods: list[SeenPod], failure: ApiError | None) -> None:
        moment = now()
        active = [pod for pod in pods if is_active(pod)]
        ready_seconds = replica_set.it.spec.min_ready_seconds
        waits = [available_in(pod, ready_seconds, moment) for pod in active]
        status = self._counted(replica_set, pods, active)
        available = sum(wait == 0 for wait in waits)
        if available:
            status["availableReplicas"] = available
        held = status_in(replica_set.obj)
        conditions = conditions_in(held)
        if failure is None:
            conditions = without_condition(conditions, _FAILURE)
        elif find(conditions, _FAILURE) is None:
            # What was said first stays: each try has another pod to name, and would have a status written.
            reason = "FailedCreate" if len(active) < replica_set.it.spec.replicas else "FailedDelete"
            conditions = with_condition(
                conditions, _FAILURE, "True", reason, failure.message, moment, "lastTransitionTime"
            )
        if conditions:
            status["conditions"] = conditions
        shown = {name: value for name, value in held.items() if value or name in _ALWAYS}
        if status != shown:
            try:
                answer = await self._client.update(
                    self._sets.resource, replica_set.with_parts(status=status), "status"
                )
            except NotFoundError:
                return
            self._sets.learn(answer)
        soon = [wait for wait in waits if wait]
        if soon:
            self.queue.add_after(replica_set.key, min(soon) + 0.05)

    def _counted(self, replica_set: Replicated, pods: list[SeenPod], active: list[SeenPod]) -> Object:
        """What its status says of how many pods there are."""
        labels = replica_set.it.spec.template.metadata.labels.items()
        counts = {
            "fullyLabeledReplicas": sum(labels <= pod.it.metadata.labels.items() for pod in active),
            "readyReplicas": sum(map(is_ready, active)),
        }
        status = {"replicas": len(active), "observedGeneration": replica_set.it.metadata.generation}
        if self._tells_of_leaving:
            status["terminatingReplicas"] = sum(map(is_leaving, pods))
        return status | {name: count for name, count in counts.items() if count}


class ReplicationControllerController(ReplicaSetController):
    """The same of the older kind."""

    name = "replicationcontroller"
    _tells_of_leaving = False

    def _mirror(self, mirrors: Mirrors) -> Mirror[Any]:
        return mirrors.of(REPLICATIONCONTROLLERS, ReplicationController)
