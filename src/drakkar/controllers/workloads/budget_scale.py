"""How many pods the controllers of a budget's pods want."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from drakkar.api.object import Object
from drakkar.api.workloads import Workload
from drakkar.client import Client, NotFoundError, Resource
from drakkar.client.resources import DEPLOYMENTS, REPLICASETS, STATEFULSETS
from drakkar.controllers.machinery.discovery import discover
from drakkar.controllers.machinery.mirror import Mirror, Mirrors
from drakkar.controllers.machinery.ownership import controller_of
from drakkar.controllers.machinery.podstate import SeenPod


class ScaleError(Exception):
    """Nobody says how many pods there are to be; the message says of which."""


class Scale(NamedTuple):
    """The number, and the pods that no controller has, which count for nothing."""

    expected: int
    unmanaged: list[SeenPod]


class Scales:
    """Of built-in workloads by what the mirrors show, of all others by their scale."""

    def __init__(self, client: Client, mirrors: Mirrors) -> None:
        self._client = client
        self._sets: Mirror[Workload] = mirrors.of(REPLICASETS, Workload)
        self._deployments: Mirror[Workload] = mirrors.of(DEPLOYMENTS, Workload)
        self._stateful: Mirror[Workload] = mirrors.of(STATEFULSETS, Workload)
        self.needs: tuple[Mirror[Any], ...] = (self._sets, self._deployments, self._stateful)
        self._resources: dict[tuple[str, str], Resource] = {}

    async def of(self, pods: Sequence[SeenPod]) -> Scale:
        """The scale of all controllers of these pods together; ScaleError, ApiError."""
        found: dict[str, int] = {}
        unmanaged: list[SeenPod] = []
        asked: set[str] = set()
        for pod in pods:
            owner = controller_of(pod.obj)
            if owner is None:
                unmanaged.append(pod)
            elif owner["uid"] not in asked:
                asked.add(owner["uid"])
                scale = await self._of_owner(owner, pod.key.namespace)
                if scale is None:
                    raise ScaleError(f'found no controllers for pod "{pod.key.name}"')
                found.update([scale])
        return Scale(sum(found.values()), unmanaged)

    async def _of_owner(self, owner: Object, namespace: str) -> tuple[str, int] | None:
        """The uid of whoever decides, and how many pods that wants; None where it is gone."""
        group = owner["apiVersion"].rpartition("/")[0]
        kind = owner["kind"]
        if (group, kind) == ("apps", "ReplicaSet"):
            return self._of_set(owner, namespace)
        if (group, kind) == ("apps", "StatefulSet"):
            return self._seen(self._stateful, owner, namespace)
        return await self._asked(group, owner, namespace)

    def _of_set(self, owner: Object, namespace: str) -> tuple[str, int] | None:
        replica_set = self._sets.get(namespace, owner["name"])
        if replica_set is None or replica_set.uid != owner["uid"]:
            return None
        above = controller_of(replica_set.obj)
        if above is None or above["kind"] != "Deployment":
            return replica_set.uid, replica_set.it.spec.replicas
        return self._seen(self._deployments, above, namespace)

    @staticmethod
    def _seen(mirror: Mirror[Workload], owner: Object, namespace: str) -> tuple[str, int] | None:
        found = mirror.get(namespace, owner["name"])
        return None if found is None or found.uid != owner["uid"] else (found.uid, found.it.spec.replicas)

    async def _asked(self, group: str, owner: Object, namespace: str) -> tuple[str, int] | None:
        resource = await self._resource(group, owner["kind"])
        if resource is None:
            return None
        try:
            scale = await self._client.request("GET", resource.path(namespace, owner["name"], "scale"))
        except NotFoundError:
            if await self._is_there(resource, owner["name"], namespace):
                name = f"{resource.plural}.{group}" if group else resource.plural
                raise ScaleError(f"{name} does not implement the scale subresource") from None
            return None
        if scale["metadata"].get("uid") != owner["uid"]:
            return None
        return owner["uid"], int((scale.get("spec") or {}).get("replicas") or 0)

    async def _is_there(self, resource: Resource, name: str, namespace: str) -> bool:
        try:
            await self._client.get(resource, name, namespace)
        except NotFoundError:
            return False
        return True

    async def _resource(self, group: str, kind: str) -> Resource | None:
        known = self._resources.get((group, kind))
        if known is None:
            for one in await discover(self._client):
                self._resources[one.resource.group, one.resource.kind] = one.resource
            known = self._resources.get((group, kind))
        return known
