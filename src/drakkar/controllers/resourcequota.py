"""Says in the status of ResourceQuotas what they allow, and how much of it is in use.

Whatever is made is counted by the API server, in the step in which it is stored. What is left here is a quota that is new or
another one, and what is in use no more.
"""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from drakkar.api.core import Named
from drakkar.api.object import Object, ObjectKey
from drakkar.api.or_empty import mapping, text
from drakkar.api.pod_totals import amounts
from drakkar.client import Client, NotFoundError, Resource, WorkQueue
from drakkar.client.changes import ChangeOf, Deleted
from drakkar.client.resources import DEVICECLASSES, PODS, RESOURCECLAIMS, RESOURCEQUOTAS
from drakkar.controllers.machinery.clock import now
from drakkar.controllers.machinery.discovery import discover, keep_looking
from drakkar.controllers.machinery.mirror import Mirror, Mirrors
from drakkar.controllers.machinery.seen import Seen
from drakkar.quota.amounts import written
from drakkar.quota.evaluator import Evaluator, World
from drakkar.quota.evaluators import evaluator_of
from drakkar.quota.pods import ends
from drakkar.quota.usage import usage

SeenQuota = Seen[Named]

_NEEDED_VERBS = {"list", "watch", "create"}
_PAGE = 500
# What nobody told of is found by then.
_LOOK_AGAIN_SECONDS = 300.0
# A look that took long is not soon followed by another one: so much longer than itself, and no more than that.
_REST, _LONGEST_REST_SECONDS = 4.0, 5.0


class ResourceQuotaController:
    """ObjectKeys are quotas. `find_resources` must run beside the workers.

    Usage is found out from lists that are asked for after the quota was seen, and written on condition that it is still that
    one. Whatever is counted to it in between makes it another one: nothing of that is lost.
    """

    name = "resourcequota"
    workers = 2

    def __init__(self, client: Client, mirrors: Mirrors) -> None:
        self._client = client
        self._mirrors = mirrors
        self._quotas = mirrors.of(RESOURCEQUOTAS)
        self._classes: Mirror[Any] = mirrors.of(DEVICECLASSES)
        self._pods: Mirror[Any] = mirrors.of(PODS)
        self._claims: Mirror[Any] = mirrors.of(RESOURCECLAIMS)
        self._counted: dict[tuple[str, str], tuple[Resource, Evaluator]] = {}
        self._found = asyncio.Event()
        self._rests: dict[ObjectKey, float] = {}
        self.queue: WorkQueue[ObjectKey] = WorkQueue()
        self.needs = (self._quotas, self._classes, self._pods, self._claims)
        self._quotas.add_handler(self._on_quota)
        self._classes.add_handler(self._on_class)

    async def find_resources(self) -> None:
        """Keep watching what discovery lists, until cancelled."""
        await keep_looking(self.look_for_resources)

    async def look_for_resources(self) -> None:
        """One look at discovery. Quotas that count what is new are looked at."""
        for resource, verbs in await discover(self._client):
            name = (resource.group, resource.plural)
            evaluator = evaluator_of(*name) if resource.namespaced and verbs >= _NEEDED_VERBS else None
            if name in self._counted or evaluator is None:
                continue
            self._counted[name] = (resource, evaluator)
            self._mirrors.of(resource).add_handler(self._handler(evaluator))
            self._enqueue(evaluator, self._quotas.all())
        self._found.set()

    def _on_quota(self, change: ChangeOf[Seen[Any]]) -> None:
        quota = change.new or change.old
        if quota is None:
            return
        key = quota.key
        if isinstance(change, Deleted):
            self._rests.pop(key, None)
            return
        hard = amounts(_hard(quota.obj))
        told = mapping(quota.obj.get("status"))
        if change.old is None or hard != amounts(told.get("hard")) or "used" not in told:
            self.queue.add(key)

    def _on_class(self, change: ChangeOf[Seen[Any]]) -> None:
        # It may stand for another extended resource, which claims use.
        claims = evaluator_of(RESOURCECLAIMS.group, RESOURCECLAIMS.plural)
        if claims is not None:
            self._enqueue(claims, self._quotas.all())

    def _handler(self, evaluator: Evaluator) -> Any:
        def handle(change: ChangeOf[Seen[Any]]) -> None:
            old, new = change.old, change.new
            if old is None or (new is not None and not evaluator.frees(new.obj, old.obj)):
                return
            self._enqueue(evaluator, self._quotas.in_namespace(old.key.namespace))

        return handle

    def _enqueue(self, evaluator: Evaluator, quotas: Iterable[SeenQuota]) -> None:
        world = None
        for quota in quotas:
            world = world or self._world()
            if evaluator.names(_hard(quota.obj), world):
                self.queue.add(quota.key)

    def _world(self, namespace: str = "") -> World:
        extended = {
            one.key.name: text(mapping(one.obj.get("spec")).get("extendedResourceName"))
            for one in self._classes.all()
        }
        claims = tuple(claim.obj for claim in self._claims.in_namespace(namespace))
        return World(now(), extended, self._pod, lambda _: claims)

    def _pod(self, namespace: str, name: str) -> Object | None:
        pod = self._pods.get(namespace, name)
        return None if pod is None else pod.obj

    async def reconcile(self, key: ObjectKey) -> None:
        loop = asyncio.get_running_loop()
        left = self._rests.get(key, 0.0) - loop.time()
        if left > 0:
            self.queue.add_after(key, left)
            return
        await self._found.wait()
        begun = loop.time()
        quota = self._quotas.get(*key)
        if quota is None or quota.is_deleting:
            return
        await self._look(key, quota.obj)
        ended = loop.time()
        self._rests[key] = ended + min(_REST * (ended - begun), _LONGEST_REST_SECONDS)
        self.queue.add_after(key, _LOOK_AGAIN_SECONDS)

    async def _look(self, key: ObjectKey, quota: Object) -> None:
        hard, told = _hard(quota), mapping(quota.get("status"))
        world = self._world(key[0])
        sorts = []
        for resource, evaluator in tuple(self._counted.values()):
            if evaluator.names(hard, world):
                sorts.append((evaluator, await self._objects(resource, key[0])))
                if resource == PODS:
                    self._come_back(key, sorts[-1][1], world.now)
        # It may be much work, and others wait on this loop.
        found = await asyncio.to_thread(usage, quota, hard, sorts, world)
        used = {**amounts(told.get("used")), **found}
        used = {name: amount for name, amount in used.items() if name in hard}
        renewed = amounts(told.get("hard")) != amounts(hard)
        if not renewed and "used" in told and used == amounts(told["used"]):
            return
        await self._tell(quota, hard, written(used))
        if renewed:
            # What was made until now was not counted to what it says from now on.
            self.queue.add(key)

    async def _objects(self, resource: Resource, namespace: str) -> list[Object]:
        try:
            listed = await self._client.list(resource, namespace, limit=_PAGE)
        except NotFoundError:
            # A custom kind that is served no more.
            self._counted.pop((resource.group, resource.plural), None)
            return []
        objects: list[Object] = listed["items"]
        return objects

    def _come_back(self, key: ObjectKey, pods: Iterable[Object], moment: datetime.datetime) -> None:
        """Look again when the first of the pods that are to go is overdue."""
        late = [end for pod in pods if (end := ends(pod)) is not None and end >= moment]
        if late:
            self.queue.add_after(key, (min(late) - moment).total_seconds() + 1.0)

    async def _tell(self, quota: Object, hard: Mapping[str, Any], used: dict[str, str]) -> None:
        status = {"hard": dict(hard), "used": used}
        try:
            answer = await self._client.update(RESOURCEQUOTAS, {**quota, "status": status}, "status")
        except NotFoundError:
            return
        self._quotas.learn(answer)


def _hard(quota: Object) -> Object:
    """What a quota wants to allow."""
    return mapping(mapping(quota.get("spec")).get("hard"))
