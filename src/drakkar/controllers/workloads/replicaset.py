"""ReplicaSets: as many pods as asked for, and not more."""

from __future__ import annotations

from typing import Any

from drakkar.client import ApiError, Client, EventRecorder, NotFoundError, WorkQueue
from drakkar.client.changes import Change
from drakkar.client.resources import PODS, REPLICASETS
from drakkar.controllers.machinery.clock import now
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.controllers.machinery.ownership import claim_dependents, controller_of, is_deleting
from drakkar.controllers.machinery.podstate import (
    available_in,
    is_active,
    is_finished,
    is_ready,
)
from drakkar.controllers.machinery.podwork import BURST, PodWork, namespace_is_ending
from drakkar.controllers.workloads.conditions import with_condition, without_condition
from drakkar.controllers.workloads.podtemplate import pod_from_template
from drakkar.controllers.workloads.selector import selects
from drakkar.controllers.workloads.surplus import surplus

Object = dict[str, Any]
Key = tuple[str, str]


class ReplicaSetController:
    """Keys are (namespace, name)."""

    name = "replicaset"
    workers = 4

    def __init__(self, client: Client, mirrors: Mirrors, events: EventRecorder) -> None:
        self._client = client
        self._sets = mirrors.of(REPLICASETS)
        self._pods = mirrors.of(PODS)
        self._work = PodWork(client, self._pods, events)
        self.queue: WorkQueue[Key] = WorkQueue()
        self.needs = (self._sets, self._pods)
        self._sets.add_handler(self._on_set)
        self._pods.add_handler(self._on_pod)

    def _on_set(self, change: Change) -> None:
        new = change.new
        if new is not None:
            self.queue.add((new["metadata"]["namespace"], new["metadata"]["name"]))

    def _on_pod(self, change: Change) -> None:
        old, new = change.old, change.new
        for pod in (old, new):
            owner = controller_of(pod) if pod is not None else None
            if pod is not None and owner is not None and owner["kind"] == "ReplicaSet":
                self.queue.add((pod["metadata"]["namespace"], owner["name"]))
        if new is not None and controller_of(new) is None and is_active(new):
            labels = new["metadata"].get("labels") or {}
            for candidate in self._sets.in_namespace(new["metadata"]["namespace"]) if labels else ():
                if selects(candidate)(labels):
                    self.queue.add((candidate["metadata"]["namespace"], candidate["metadata"]["name"]))

    async def reconcile(self, key: Key) -> None:
        replica_set = self._sets.get(*key)
        if replica_set is None:
            return
        candidates = [pod for pod in self._pods.in_namespace(key[0]) if not is_finished(pod)]
        pods = await claim_dependents(
            self._client, replica_set, self._sets, self._pods, selects(replica_set), candidates
        )
        failure: ApiError | None = None
        if not is_deleting(replica_set):
            try:
                await self._scale(replica_set, [pod for pod in pods if is_active(pod)])
            except ApiError as error:
                # The status shall tell of it before the next try.
                failure = error
        uid = replica_set["metadata"]["uid"]
        await self._show(replica_set, self._pods.controlled(uid), failure)
        if failure is not None and not namespace_is_ending(failure):
            raise failure

    async def _scale(self, replica_set: Object, active: list[Object]) -> None:
        spec = replica_set["spec"]
        difference = spec.get("replicas", 1) - len(active)
        if difference > 0:
            wanted = [pod_from_template(spec["template"], replica_set) for _ in range(min(difference, BURST))]
            await self._work.create(replica_set, wanted)
            if difference > BURST:
                self.queue.add((replica_set["metadata"]["namespace"], replica_set["metadata"]["name"]))
        elif difference < 0:
            await self._work.delete(replica_set, surplus(active, -difference))

    async def _show(self, replica_set: Object, pods: list[Object], failure: ApiError | None) -> None:
        metadata, spec = replica_set["metadata"], replica_set["spec"]
        moment = now()
        active = [pod for pod in pods if is_active(pod)]
        template_labels = ((spec["template"].get("metadata") or {}).get("labels") or {}).items()
        waits = [available_in(pod, spec.get("minReadySeconds") or 0, moment) for pod in active]
        counts = {
            "fullyLabeledReplicas": sum(
                template_labels <= (pod["metadata"].get("labels") or {}).items() for pod in active
            ),
            "readyReplicas": sum(is_ready(pod) for pod in active),
            "availableReplicas": sum(wait == 0 for wait in waits),
            "terminatingReplicas": sum(is_deleting(pod) and not is_finished(pod) for pod in pods),
        }
        status: Object = {"replicas": len(active), "observedGeneration": metadata.get("generation", 0)}
        status |= {name: count for name, count in counts.items() if count}
        held = replica_set.get("status") or {}
        conditions = held.get("conditions") or []
        if failure is None:
            conditions = without_condition(conditions, "ReplicaFailure")
        else:
            reason = "FailedCreate" if len(active) < spec.get("replicas", 1) else "FailedDelete"
            conditions = with_condition(
                conditions, "ReplicaFailure", "True", reason, failure.message, moment, "lastTransitionTime"
            )
        if conditions:
            status["conditions"] = conditions
        shown = {
            name: value for name, value in held.items() if value or name in ("replicas", "observedGeneration")
        }
        if status != shown:
            try:
                answer = await self._client.update(REPLICASETS, {**replica_set, "status": status}, "status")
            except NotFoundError:
                return
            self._sets.learn(answer)
        soon = [wait for wait in waits if wait]
        if soon:
            self.queue.add_after((metadata["namespace"], metadata["name"]), min(soon) + 0.05)
