"""StatefulSets: pods with names and volumes of their own, made, replaced and taken away in order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from drakkar.api.core import Pod
from drakkar.api.object import Object, ObjectKey
from drakkar.api.storage import VolumeClaim
from drakkar.api.workloads import ControllerRevision, Workload
from drakkar.client import ApiError, Client, EventRecorder, NotFoundError, WorkQueue
from drakkar.client.changes import ChangeOf
from drakkar.client.resources import CONTROLLERREVISIONS, PERSISTENTVOLUMECLAIMS, PODS, STATEFULSETS
from drakkar.controllers.machinery.batches import in_growing_batches
from drakkar.controllers.machinery.clock import now
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.controllers.machinery.ownership import claim_dependents
from drakkar.controllers.machinery.podstate import SeenPod, available_in, is_finished, phase
from drakkar.controllers.machinery.podwork import namespace_is_ending
from drakkar.controllers.machinery.seen import Seen
from drakkar.controllers.machinery.stored import status_in
from drakkar.controllers.workloads.controller_revisions import RevisionHistory, template_of
from drakkar.controllers.workloads.pod_owners import concerned
from drakkar.controllers.workloads.selector import selects
from drakkar.controllers.workloads.stateful_identity import (
    SeenSet,
    claim_templates,
    has_identity,
    has_storage,
    is_member,
    new_pod,
    ordinal,
    ordinals,
    parent_and_ordinal,
)
from drakkar.controllers.workloads.stateful_pods import StatefulPods
from drakkar.controllers.workloads.stateful_update import (
    PARALLEL,
    counted,
    is_available,
    is_running,
    outdated,
    revision_of,
    serves,
)

T = TypeVar("T")
_HASH_LABEL = "controller.kubernetes.io/hash"
# What is shown though it is zero, or none.
_ALWAYS = ("replicas", "availableReplicas", "collisionCount")


class _Revisions(NamedTuple):
    """What the pods are of, what they shall become of, and how many names of revisions were taken."""

    current: Seen[ControllerRevision]
    update: Seen[ControllerRevision]
    collisions: int


class StatefulSetController:
    """Keys are (namespace, name)."""

    name = "statefulset"
    workers = 4

    def __init__(self, client: Client, mirrors: Mirrors, events: EventRecorder) -> None:
        self._client = client
        self._sets = mirrors.of(STATEFULSETS, Workload)
        self._pods = mirrors.of(PODS, Pod)
        self._claims = mirrors.of(PERSISTENTVOLUMECLAIMS, VolumeClaim)
        self._revisions = mirrors.of(CONTROLLERREVISIONS, ControllerRevision)
        self._history = RevisionHistory(client, self._revisions, _HASH_LABEL)
        self._work = StatefulPods(client, self._pods, self._claims, events)
        self.queue: WorkQueue[ObjectKey] = WorkQueue()
        self.needs = (self._sets, self._pods, self._claims, self._revisions)
        self._sets.add_handler(self._on_set)
        self._pods.add_handler(self._on_pod)
        self._claims.add_handler(self._on_claim)

    def _on_set(self, change: ChangeOf[SeenSet]) -> None:
        new = change.new
        if new is not None:
            self.queue.add(new.key)

    def _on_pod(self, change: ChangeOf[SeenPod]) -> None:
        for key in concerned(change, "StatefulSet", self._sets):
            self.queue.add(key)

    def _on_claim(self, change: ChangeOf[Seen[VolumeClaim]]) -> None:
        """A claim that has gone may be what a pod waits for."""
        old = change.old
        if change.new is not None or old is None:
            return
        name = parent_and_ordinal(old.key.name)[0]
        for stateful_set in self._sets.in_namespace(old.key.namespace):
            given = {template["metadata"]["name"] for template in claim_templates(stateful_set)}
            if any(name == f"{one}-{stateful_set.key.name}" for one in given):
                self.queue.add(stateful_set.key)

    async def reconcile(self, key: ObjectKey) -> None:
        stateful_set = self._sets.get(*key)
        if stateful_set is None:
            return
        matches = selects(stateful_set)
        await claim_dependents(self._client, stateful_set, self._sets, self._revisions, matches)
        members = [pod for pod in self._pods.in_namespace(key[0]) if is_member(stateful_set, pod)]
        await claim_dependents(self._client, stateful_set, self._sets, self._pods, matches, members)
        revisions = await self._find_revisions(stateful_set)
        failure: ApiError | None = None
        if not stateful_set.is_deleting:
            try:
                await self._bring_closer(stateful_set, revisions)
            except ApiError as error:
                # The status shall tell of it before the next try.
                failure = error
        await self._show(stateful_set, revisions)
        used = {revisions.current.key.name, revisions.update.key.name}
        used |= {revision_of(pod) for pod in self._members(stateful_set)}
        await self._history.forget(stateful_set, lambda one: one.key.name in used)
        if failure is not None and not namespace_is_ending(failure):
            raise failure

    def _members(self, stateful_set: SeenSet) -> list[SeenPod]:
        """Its pods that have numbers, in their order."""
        controlled = self._pods.controlled(stateful_set.uid)
        return sorted((pod for pod in controlled if is_member(stateful_set, pod)), key=ordinal)

    async def _find_revisions(self, stateful_set: SeenSet) -> _Revisions:
        held = stateful_set.it.status
        update, collisions = await self._history.current(stateful_set, held.collision_count or 0)
        known = {revision.key.name: revision for revision in self._history.of(stateful_set)}
        return _Revisions(known.get(held.current_revision, update), update, collisions)

    def _wanted(self, stateful_set: SeenSet, revisions: _Revisions, number: int) -> Object:
        """The pod of a number that is not there. Below the partition it is of the old template."""
        rolling = stateful_set.it.spec.update_strategy.rolling_update
        kept = 0 if rolling is None else rolling.partition
        old = number < stateful_set.it.spec.ordinals.start + kept
        revision = revisions.current if old else revisions.update
        return new_pod(stateful_set, template_of(revision), revision.key.name, number)

    async def _bring_closer(self, stateful_set: SeenSet, revisions: _Revisions) -> None:
        """One pass: pods that are missing, then those that are too many, then those that are outdated. In order each of it
        ends the pass; in parallel all of it is done at once.
        """
        moment, wanted = now(), ordinals(stateful_set)
        held = {ordinal(pod): pod for pod in self._members(stateful_set)}
        condemned = [
            held[number] for number in sorted(held, reverse=True) if number >= 0 and number not in wanted
        ]

        async def complete(number: int) -> bool:
            pod = held.get(number)
            if pod is None:
                return await self._make(stateful_set, self._wanted(stateful_set, revisions, number))
            return await self._keep(stateful_set, pod, moment)

        if await self._each(stateful_set, wanted, complete):
            return

        async def settle(pod: SeenPod) -> bool:
            if not self._work.claims_are_settled(stateful_set, pod.obj):
                await self._work.settle_claims(stateful_set, pod.obj)
            return False

        await self._each(stateful_set, condemned, settle)
        idle = [
            pod
            for pod in [*(held[n] for n in wanted if n in held), *reversed(condemned)]
            if not serves(stateful_set, pod, moment)
        ]

        async def dismiss(pod: SeenPod) -> bool:
            if pod.is_deleting:
                return True
            # One that serves nobody is not waited for, unless there is another such one before it.
            if (
                not is_available(stateful_set, pod, moment)
                and pod is not idle[0]
                and self._ordered(stateful_set)
            ):
                return True
            await self._work.delete(stateful_set, pod)
            return True

        if await self._each(stateful_set, condemned, dismiss):
            return
        if stateful_set.it.spec.update_strategy.type == "OnDelete":
            return
        present = [pod for number in wanted if (pod := self._present(stateful_set, number)) is not None]
        if len(present) == len(wanted):
            for pod in outdated(stateful_set, present, revisions.update.key.name, now()):
                await self._work.delete(stateful_set, pod)

    def _present(self, stateful_set: SeenSet, number: int) -> SeenPod | None:
        return self._pods.get(stateful_set.key.namespace, f"{stateful_set.key.name}-{number}")

    @staticmethod
    def _ordered(stateful_set: SeenSet) -> bool:
        return stateful_set.it.spec.pod_management_policy != PARALLEL

    async def _each(
        self, stateful_set: SeenSet, what: Sequence[T], work: Callable[[T], Awaitable[bool]]
    ) -> bool:
        """Whether the pass ends with this: in order with the first whose work says so, in parallel never.

        In parallel the batches double, so that what the server refuses is asked of it a few times and not hundreds.
        """
        if self._ordered(stateful_set):
            for one in what:
                if await work(one):
                    return True
            return False
        await in_growing_batches(what, work)
        return False

    async def _make(self, stateful_set: SeenSet, pod: Object) -> bool:
        if not self._work.has_stale_claim(stateful_set, pod):
            await self._work.create(stateful_set, pod)
        return True

    async def _keep(self, stateful_set: SeenSet, pod: SeenPod, moment: datetime) -> bool:
        """Look after a pod that is there; whether those after it have to wait."""
        if is_finished(pod):
            if not pod.is_deleting:
                await self._work.delete(stateful_set, pod)
            return True
        if phase(pod) == "Pending":
            await self._work.complete_claims(stateful_set, pod)
        if self._ordered(stateful_set) and (
            pod.is_deleting or not is_running(pod) or not is_available(stateful_set, pod, moment)
        ):
            return True
        settled = self._work.claims_are_settled(stateful_set, pod.obj)
        if not (has_identity(pod) and has_storage(stateful_set, pod) and settled):
            await self._work.mend(stateful_set, pod)
        return False

    async def _show(self, stateful_set: SeenSet, revisions: _Revisions) -> None:
        moment, pods = now(), self._members(stateful_set)
        current, update = revisions.current.key.name, revisions.update.key.name
        status: Object = {
            **counted(stateful_set, pods, current, update, moment),
            "observedGeneration": stateful_set.it.metadata.generation,
            "collisionCount": revisions.collisions,
        }
        held = status_in(stateful_set.obj)
        if held.get("conditions"):
            status["conditions"] = held["conditions"]
        if status != {name: value for name, value in held.items() if value or name in _ALWAYS}:
            try:
                answer = await self._client.update(
                    STATEFULSETS, stateful_set.with_parts(status=status), "status"
                )
            except NotFoundError:
                return
            self._sets.learn(answer)
        ready_seconds = stateful_set.it.spec.min_ready_seconds
        soon = [wait for pod in pods if (wait := available_in(pod, ready_seconds, moment))]
        if soon:
            self.queue.add_after(stateful_set.key, min(soon) + 0.05)
