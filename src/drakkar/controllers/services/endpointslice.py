"""EndpointSlices: the pods behind each service with a selector."""

from __future__ import annotations

from typing import Any

from drakkar.api.core import Named, Pod
from drakkar.api.object import Object, ObjectKey
from drakkar.api.workloads import Service
from drakkar.client import Client, NotFoundError, WorkQueue
from drakkar.client.changes import ChangeOf
from drakkar.client.resources import ENDPOINTSLICES, PODS, SERVICES
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.controllers.machinery.ownership import owner_reference
from drakkar.controllers.machinery.podstate import SeenPod
from drakkar.controllers.machinery.seen import Seen
from drakkar.controllers.machinery.stored import labels_of
from drakkar.controllers.services.endpoints import wanted_slices

SERVICE_LABEL = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
_US = "endpointslice-controller.k8s.io"
_HEADLESS = "service.kubernetes.io/headless"

SeenSlice = Seen[Named]


def _selects(service: Service, labels: dict[str, str]) -> bool:
    selector = service.spec.selector
    return bool(selector) and selector.items() <= labels.items()


def _content(obj: Object) -> tuple[Any, ...]:
    return obj["addressType"], obj.get("endpoints") or [], obj.get("ports") or [], labels_of(obj)


class EndpointSliceController:
    """Keys are (namespace, name) of services."""

    name = "endpointslice"
    workers = 2

    def __init__(self, client: Client, mirrors: Mirrors) -> None:
        self._client = client
        self._services = mirrors.of(SERVICES, Service)
        self._pods = mirrors.of(PODS, Pod)
        self._slices = mirrors.of(ENDPOINTSLICES)
        self.queue: WorkQueue[ObjectKey] = WorkQueue()
        self.needs = (self._services, self._pods, self._slices)
        self._services.add_handler(self._on_service)
        self._pods.add_handler(self._on_pod)
        self._slices.add_handler(self._on_slice)

    def _on_service(self, change: ChangeOf[Seen[Service]]) -> None:
        new = change.new
        if new is not None:
            self.queue.add(new.key)

    def _on_pod(self, change: ChangeOf[SeenPod]) -> None:
        pods = [pod.it.metadata for pod in (change.old, change.new) if pod is not None]
        namespace = pods[0].namespace
        for service in self._services.in_namespace(namespace):
            if any(_selects(service.it, pod.labels) for pod in pods):
                self.queue.add(ObjectKey(namespace, service.it.metadata.name))

    def _on_slice(self, change: ChangeOf[SeenSlice]) -> None:
        old, new = change.old, change.new
        for found in (old, new):
            if found is not None and self._is_ours(found):
                self.queue.add(ObjectKey(found.key.namespace, labels_of(found.obj).get(SERVICE_LABEL, "")))

    @staticmethod
    def _is_ours(found: SeenSlice) -> bool:
        return labels_of(found.obj).get(MANAGED_BY) == _US

    async def reconcile(self, key: ObjectKey) -> None:
        namespace, name = key
        service = self._services.get(namespace, name)
        held = [
            found
            for found in self._slices.in_namespace(namespace)
            if self._is_ours(found) and labels_of(found.obj).get(SERVICE_LABEL) == name
        ]
        held = sorted((found for found in held if not found.is_deleting), key=lambda found: found.key)
        wanted: list[Object] = []
        if service is not None:
            if service.is_deleting or not service.it.spec.selector:
                return
            if service.it.spec.type != "ExternalName":
                pods = self._pods.in_namespace(namespace)
                chosen = [pod for pod in pods if _selects(service.it, pod.it.metadata.labels)]
                wanted = [self._slice(service, content) for content in wanted_slices(service.it, chosen)]
        await self._replace(namespace, held, wanted)

    @staticmethod
    def _slice(service: Seen[Service], content: Object) -> Object:
        meta = service.it.metadata
        labels = {**meta.labels, SERVICE_LABEL: meta.name, MANAGED_BY: _US}
        if service.it.spec.cluster_ip == "None":
            labels[_HEADLESS] = ""
        return {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "generateName": f"{meta.name}-",
                "namespace": meta.namespace,
                "labels": labels,
                "ownerReferences": [owner_reference(service.obj)],
            },
            **content,
        }

    async def _replace(self, namespace: str, held: list[SeenSlice], wanted: list[Object]) -> None:
        """Write what differs, into slices that are there as far as they reach: their names then stay."""
        for found in list(held):
            same = [slice_ for slice_ in wanted if _content(slice_) == _content(found.obj)]
            if same:
                held.remove(found)
                wanted.remove(same[0])
        for slice_ in wanted:
            # A slice cannot change its family of addresses.
            usable = [found for found in held if found.obj["addressType"] == slice_["addressType"]]
            if not usable:
                answer = await self._client.create(ENDPOINTSLICES, slice_, namespace)
            else:
                held.remove(usable[0])
                metadata = {**usable[0].obj["metadata"], "labels": slice_["metadata"]["labels"]}
                answer = await self._client.update(ENDPOINTSLICES, {**slice_, "metadata": metadata})
            self._slices.learn(answer)
        for found in held:
            try:
                await self._client.delete(ENDPOINTSLICES, found.key.name, namespace, uid=found.uid)
            except NotFoundError:
                continue
            self._slices.learn_deletion(found.key, found.uid)
