"""Deployments: one replica set a template, and the way from the old ones to the new one."""

from __future__ import annotations

from drakkar.api.core import Pod
from drakkar.api.object import Object, ObjectKey, key_of
from drakkar.api.workloads import Workload
from drakkar.client import AlreadyExistsError, Client, ConflictError, EventRecorder, NotFoundError, WorkQueue
from drakkar.client.changes import ChangeOf
from drakkar.client.resources import DEPLOYMENTS, PODS, REPLICASETS
from drakkar.controllers.machinery.clock import now
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.controllers.machinery.ownership import (
    claim_dependents,
    controlled_by,
    controller_of,
)
from drakkar.controllers.machinery.podstate import SeenPod, is_finished
from drakkar.controllers.machinery.stored import status_in
from drakkar.controllers.workloads.deployment_status import (
    deadline_of,
    is_complete,
    limits,
    status_of,
    unhealthy,
)
from drakkar.controllers.workloads.podtemplate import same_template
from drakkar.controllers.workloads.revisions import (
    DESIRED,
    HASH_LABEL,
    MAXIMUM,
    REVISION,
    SeenWorkload,
    available,
    by_age,
    find_new,
    new_annotations,
    new_replica_set,
    next_revision,
    number,
    replicas,
)
from drakkar.controllers.workloads.rollout import shares
from drakkar.controllers.workloads.selector import selects


class DeploymentController:
    """Keys are (namespace, name)."""

    name = "deployment"
    workers = 4

    def __init__(self, client: Client, mirrors: Mirrors, events: EventRecorder) -> None:
        self._client = client
        self._events = events
        self._deployments = mirrors.of(DEPLOYMENTS, Workload)
        self._sets = mirrors.of(REPLICASETS, Workload)
        self._pods = mirrors.of(PODS, Pod)
        self.queue: WorkQueue[ObjectKey] = WorkQueue()
        self.needs = (self._deployments, self._sets, self._pods)
        self._deployments.add_handler(self._on_deployment)
        self._sets.add_handler(self._on_set)
        self._pods.add_handler(self._on_pod)

    def _on_deployment(self, change: ChangeOf[SeenWorkload]) -> None:
        new = change.new
        if new is not None:
            self.queue.add(new.key)

    def _on_set(self, change: ChangeOf[SeenWorkload]) -> None:
        old, new = change.old, change.new
        for replica_set in (old, new):
            if replica_set is None:
                continue
            namespace = replica_set.it.metadata.namespace
            owner = controller_of(replica_set.obj)
            if owner is not None:
                if owner["kind"] == "Deployment":
                    self.queue.add(ObjectKey(namespace, owner["name"]))
                continue
            labels = replica_set.it.metadata.labels
            for candidate in self._deployments.in_namespace(namespace) if labels else ():
                if selects(candidate)(labels):
                    self.queue.add(candidate.key)

    def _on_pod(self, change: ChangeOf[SeenPod]) -> None:
        # Recreate starts the new pods when the last old one is gone.
        old, new = change.old, change.new
        if new is not None or old is None:
            return
        owner = controller_of(old.obj)
        replica_set = self._sets.by_uid(owner["uid"]) if owner is not None else None
        parent = controller_of(replica_set.obj) if replica_set is not None else None
        if parent is not None and parent["kind"] == "Deployment":
            self.queue.add(ObjectKey(old.key.namespace, parent["name"]))

    async def reconcile(self, key: ObjectKey) -> None:
        deployment = self._deployments.get(*key)
        if deployment is None:
            return
        sets = await claim_dependents(
            self._client, deployment, self._deployments, self._sets, selects(deployment)
        )
        sets = [obj for obj in sets if not obj.is_deleting]
        spec = deployment.it.spec
        new = find_new(deployment, sets)
        if not deployment.is_deleting:
            if spec.paused or self._is_resized(deployment, sets):
                await self._resize(deployment, new, sets)
            elif spec.strategy.type == "Recreate":
                await self._recreate(deployment, new, sets)
            else:
                await self._roll(deployment, new, sets)
        await self._show(key, deployment.it.metadata.generation)

    # Sizes.

    @staticmethod
    def _is_resized(deployment: SeenWorkload, sets: list[SeenWorkload]) -> bool:
        return any(replicas(obj) and number(obj, DESIRED) not in (-1, replicas(deployment)) for obj in sets)

    async def _resize(
        self, deployment: SeenWorkload, new: SeenWorkload | None, sets: list[SeenWorkload]
    ) -> None:
        wanted = replicas(deployment)
        active = [obj for obj in by_age(sets) if replicas(obj)]
        if len(active) <= 1:
            only = active[0] if active else (new or (by_age(sets)[-1] if sets else None))
            if only is not None:
                await self._scale(deployment, only, wanted)
            return
        if new is not None and replicas(new) == wanted == number(new, DESIRED) == available(new):
            for obj in active:
                if obj is not new:
                    await self._scale(deployment, obj, 0)
            return
        if not self._is_resized(deployment, sets):
            return
        surge, _ = limits(deployment)
        allowed = wanted + surge if wanted else 0
        # The biggest first, and so the first to take what rounding leaves; of equals the newest when growing.
        current = sum(replicas(obj) for obj in active)
        newest_first = allowed >= current
        ordered = sorted(list(reversed(active)) if newest_first else active, key=lambda obj: -replicas(obj))
        sizes = [replicas(obj) for obj in ordered]
        for obj, size in zip(ordered, shares(sizes, current, allowed), strict=True):
            await self._scale(deployment, obj, size)

    async def _scale(self, deployment: SeenWorkload, replica_set: SeenWorkload, size: int) -> bool:
        """Give a replica set this size and note what it was meant for; whether its size changed."""
        before = replicas(replica_set)
        surge, _ = limits(deployment)
        noted = {
            DESIRED: str(replicas(deployment)),
            MAXIMUM: str(replicas(deployment) + surge),
        }
        held = replica_set.it.metadata.annotations
        if before == size and all(held.get(key) == value for key, value in noted.items()):
            return False
        changed = replica_set.copy()
        changed["spec"]["replicas"] = size
        changed["metadata"]["annotations"] = {**held, **noted}
        self._sets.learn(await self._client.update(REPLICASETS, changed))
        if before != size:
            self._tell_scaled(deployment, replica_set.it.metadata.name, before, size)
        return before != size

    def _tell_scaled(self, deployment: SeenWorkload, name: str, before: int, size: int) -> None:
        direction = "up" if size > before else "down"
        message = f"Scaled {direction} replica set {name} from {before} to {size}"
        self._events.event(deployment.obj, "Normal", "ScalingReplicaSet", message)

    # The new replica set.

    @staticmethod
    def _new_size(deployment: SeenWorkload, new: SeenWorkload | None, sets: list[SeenWorkload]) -> int:
        wanted, now_new = replicas(deployment), 0 if new is None else replicas(new)
        if deployment.it.spec.strategy.type == "Recreate" or now_new > wanted:
            return wanted
        surge, _ = limits(deployment)
        room = wanted + surge - sum(replicas(obj) for obj in sets)
        return now_new + max(0, min(room, wanted - now_new))

    async def _ensure_new(
        self, deployment: SeenWorkload, new: SeenWorkload | None, sets: list[SeenWorkload]
    ) -> SeenWorkload:
        old = [obj for obj in sets if obj is not new]
        revision = next_revision(old)
        surge, _ = limits(deployment)
        annotations = new_annotations(deployment, new, revision, replicas(deployment) + surge)
        ready_seconds = deployment.it.spec.min_ready_seconds
        if new is None:
            new = await self._create(deployment, self._new_size(deployment, None, sets), annotations)
        elif annotations != new.it.metadata.annotations or ready_seconds != new.it.spec.min_ready_seconds:
            changed = new.copy()
            changed["metadata"]["annotations"] = annotations
            changed["spec"]["minReadySeconds"] = ready_seconds
            new = self._learned(await self._client.update(REPLICASETS, changed))
        shown = new.it.metadata.annotations.get(REVISION)
        if deployment.it.metadata.annotations.get(REVISION) != shown:
            meta = deployment.it.metadata
            change = {"metadata": {"annotations": {REVISION: shown}}}
            # With the status, which makes no new generation of it.
            answer = await self._client.patch(
                DEPLOYMENTS, meta.name, change, meta.namespace, subresource="status"
            )
            self._deployments.learn(answer)
        return new

    def _learned(self, answer: Object) -> SeenWorkload:
        """A replica set that the server has answered; Conflict if it is not there any more."""
        self._sets.learn(answer)
        namespace, name = key_of(answer)
        found = self._sets.get(namespace, name)
        if found is None or found.it.metadata.uid != answer["metadata"]["uid"]:
            raise ConflictError(409, "Conflict", f"replica set {name} has gone meanwhile")
        return found

    async def _create(self, deployment: SeenWorkload, size: int, annotations: dict[str, str]) -> SeenWorkload:
        wanted = new_replica_set(deployment, size, annotations)
        namespace, name = key_of(wanted)
        try:
            made = self._learned(await self._client.create(REPLICASETS, wanted, namespace))
        except AlreadyExistsError:
            there = await self._client.get(REPLICASETS, name, namespace)
            if controlled_by(there, deployment.it.metadata.uid) and same_template(
                there["spec"]["template"], wanted["spec"]["template"], HASH_LABEL
            ):
                return self._learned(there)
            # Somebody else's, or another template with our hash: the next try takes another name.
            collisions = deployment.it.status.collision_count or 0
            status = {**status_in(deployment.obj), "collisionCount": collisions + 1}
            answer = await self._client.update(DEPLOYMENTS, deployment.with_parts(status=status), "status")
            self._deployments.learn(answer)
            raise ConflictError(409, "Conflict", f"the name {name} is taken") from None
        if size:
            self._tell_scaled(deployment, name, 0, size)
        return made

    # The two ways.

    async def _recreate(
        self, deployment: SeenWorkload, new: SeenWorkload | None, sets: list[SeenWorkload]
    ) -> None:
        scaled = False
        for obj in sets:
            if obj is not new and replicas(obj):
                scaled |= await self._scale(deployment, obj, 0)
        old = [obj for obj in sets if obj is not new]
        running = [
            pod for obj in old for pod in self._pods.controlled(obj.it.metadata.uid) if not is_finished(pod)
        ]
        if scaled or running:
            return
        new = await self._ensure_new(deployment, new, sets)
        await self._scale(deployment, new, replicas(deployment))
        await self._forget_history(deployment, new, old)

    async def _roll(
        self, deployment: SeenWorkload, new: SeenWorkload | None, sets: list[SeenWorkload]
    ) -> None:
        made = new is None
        old = [obj for obj in sets if obj is not new]
        new = await self._ensure_new(deployment, new, sets)
        size = self._new_size(deployment, new, [*old, new])
        if await self._scale(deployment, new, size) or made:
            return
        if not await self._shrink_old(deployment, new, old):
            await self._forget_history(deployment, new, old)

    async def _shrink_old(self, deployment: SeenWorkload, new: SeenWorkload, old: list[SeenWorkload]) -> bool:
        """Take away what the new pods have replaced; whether anything changed."""
        old = [obj for obj in by_age(old) if replicas(obj)]
        if not old:
            return False
        _, may_miss = limits(deployment)
        least = replicas(deployment) - may_miss
        room = sum(replicas(obj) for obj in [*old, new]) - least - unhealthy(new)
        if room <= 0:
            return False
        sizes = {obj.it.metadata.name: replicas(obj) for obj in old}
        # Pods that are of no use anyway go first; they are not missed.
        for obj in old:
            taken = min(room, unhealthy(obj))
            sizes[obj.it.metadata.name] -= taken
            room -= taken
        spare = sum(min(available(obj), replicas(obj)) for obj in [*old, new]) - least
        for obj in old:
            taken = max(0, min(spare, room, sizes[obj.it.metadata.name]))
            sizes[obj.it.metadata.name] -= taken
            spare -= taken
            room -= taken
        changed = False
        for obj in old:
            changed |= await self._scale(deployment, obj, sizes[obj.it.metadata.name])
        return changed

    async def _forget_history(
        self, deployment: SeenWorkload, new: SeenWorkload, old: list[SeenWorkload]
    ) -> None:
        limit = deployment.it.spec.revision_history_limit
        if limit is None or not is_complete(deployment, status_of(deployment, new, old, now())):
            return
        idle = sorted(
            (obj for obj in old if not replicas(obj) and not obj.it.status.replicas),
            key=lambda obj: number(obj, REVISION),
        )
        for obj in idle[: max(0, len(old) - limit)]:
            try:
                await self._client.delete(REPLICASETS, obj.key.name, obj.key.namespace, uid=obj.uid)
            except NotFoundError:
                continue
            self._sets.learn_deletion(obj.key, obj.uid)

    async def _show(self, key: ObjectKey, generation: int) -> None:
        deployment = self._deployments.get(*key)
        if deployment is None or deployment.it.metadata.generation != generation:
            # Changed meanwhile, so on the queue again: nobody may take the present counts for the new generation's.
            return
        uid = deployment.it.metadata.uid
        sets = [obj for obj in self._sets.controlled(uid) if not obj.is_deleting]
        new = find_new(deployment, sets)
        held = status_in(deployment.obj)
        moment = now()
        status = status_of(deployment, new, [obj for obj in sets if obj is not new], moment)
        shown = {name: value for name, value in held.items() if value or name == "observedGeneration"}
        if status != shown:
            try:
                answer = await self._client.update(
                    DEPLOYMENTS, deployment.with_parts(status=status), "status"
                )
            except NotFoundError:
                return
            self._deployments.learn(answer)
        deadline = deadline_of(deployment)
        if deadline is not None and not is_complete(deployment, status):
            # Nothing happens when nothing progresses: look again then.
            self.queue.add_after(key, deadline + 1.0)
