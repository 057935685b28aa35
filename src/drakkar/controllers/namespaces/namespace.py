"""Deleting namespaces: first their pods, daemons last of them, then all else in them, then the namespace itself."""

from __future__ import annotations

from drakkar.api.core import Named
from drakkar.api.object import Object
from drakkar.api.time import time_text
from drakkar.api.workloads import Namespace
from drakkar.client import ApiError, Client, ConflictError, NotFoundError, Resource, WorkQueue
from drakkar.client.changes import ChangeOf
from drakkar.client.resources import NAMESPACES, PODS
from drakkar.controllers.machinery.clock import now
from drakkar.controllers.machinery.discovery import Discovered, discover
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.controllers.machinery.ownership import controller_of, is_deleting
from drakkar.controllers.machinery.seen import Seen
from drakkar.controllers.machinery.stored import finalizers_of, spec_in, status_in

FINALIZER = "kubernetes"
# Nothing tells of the end of what has finalizers of its own, so we look.
_LOOK_AGAIN_SECONDS = 1.0


def _condition(kind: str, reason: str, message: str, true: bool) -> Object:
    return {
        "type": kind,
        "status": "True" if true else "False",
        "reason": reason,
        "message": message,
        "lastTransitionTime": time_text(now()),
    }


def conditions(remaining: dict[str, int], finalizers: dict[str, int], failures: list[str]) -> list[Object]:
    """What the deletion of a namespace still waits for, as its status shows it."""
    content = ", ".join(f"{name} has {count} resource instances" for name, count in sorted(remaining.items()))
    held = ", ".join(f"{name} in {count} resource instances" for name, count in sorted(finalizers.items()))
    return [
        _condition(
            "NamespaceDeletionContentFailure",
            "ContentDeletionFailed" if failures else "ContentDeleted",
            "; ".join(failures) or "All content was deleted or is being deleted",
            bool(failures),
        ),
        _condition(
            "NamespaceContentRemaining",
            "SomeResourcesRemain" if remaining else "ContentRemoved",
            f"Some resources are remaining: {content}" if remaining else "All content is removed",
            bool(remaining),
        ),
        _condition(
            "NamespaceFinalizersRemaining",
            "SomeFinalizersRemain" if finalizers else "ContentHasNoFinalizers",
            f"Some content has finalizers remaining: {held}" if finalizers else "No content has finalizers",
            bool(finalizers),
        ),
    ]


def merge_conditions(old: list[Object], new: list[Object]) -> list[Object]:
    """The new conditions, each with the time at which its status really changed."""
    before = {condition["type"]: condition for condition in old}
    merged = []
    for condition in new:
        held = before.pop(condition["type"], None)
        if held is not None and held["status"] == condition["status"]:
            condition = {**condition, "lastTransitionTime": held.get("lastTransitionTime")}
        merged.append(condition)
    return [*before.values(), *merged]


def _is_daemon(pod: Object) -> bool:
    owner = controller_of(pod)
    return owner is not None and owner["kind"] == "DaemonSet"


def before_daemons(pods: list[Object]) -> list[Object]:
    """The pods to delete now. Those of DaemonSets come last: a pod with a device cannot end without its driver."""
    others = [pod for pod in pods if not _is_daemon(pod)]
    return others or pods


class NamespaceController:
    """Keys are names of namespaces."""

    name = "namespace"
    workers = 2

    def __init__(self, client: Client, mirrors: Mirrors) -> None:
        self._client = client
        self._namespaces = mirrors.of(NAMESPACES, Namespace)
        self._pods = mirrors.of(PODS)
        self.queue: WorkQueue[str] = WorkQueue()
        self.needs = (self._namespaces, self._pods)
        self._namespaces.add_handler(self._on_namespace)
        self._pods.add_handler(self._on_pod)

    def _on_namespace(self, change: ChangeOf[Seen[Namespace]]) -> None:
        new = change.new
        if new is not None and new.is_deleting:
            self.queue.add(new.key.name)

    def _on_pod(self, change: ChangeOf[Seen[Named]]) -> None:
        old, new = change.old, change.new
        if new is None and old is not None:
            name = old.key.namespace
            namespace = self._namespaces.get("", name)
            if namespace is not None and namespace.is_deleting:
                self.queue.add(name)

    async def reconcile(self, key: str) -> None:
        namespace = self._namespaces.get("", key)
        if namespace is None or not namespace.is_deleting:
            return
        if FINALIZER not in namespace.it.spec.finalizers:
            return
        resources = [found for found in await discover(self._client) if found.resource.namespaced]
        remaining: dict[str, int] = {}
        held: dict[str, int] = {}
        failures: list[str] = []
        # A pod must be able to end in order, with its claims and its account still there.
        pods_first = sorted(resources, key=lambda found: found.resource.plural != PODS.plural)
        for found in pods_first:
            if "list" not in found.verbs or "delete" not in found.verbs:
                continue
            try:
                left = await self._empty(found, key)
            except ApiError as error:
                failures.append(f"{found.resource.plural}: {error}")
                continue
            if left:
                resource = found.resource
                name = f"{resource.plural}.{resource.group}" if resource.group else resource.plural
                remaining[name] = len(left)
                for obj in left:
                    for finalizer in finalizers_of(obj):
                        held[finalizer] = held.get(finalizer, 0) + 1
                if (resource.group, resource.plural) == (PODS.group, PODS.plural):
                    break
        await self._show(namespace, conditions(remaining, held, failures))
        if remaining or failures:
            self.queue.add_after(key, _LOOK_AGAIN_SECONDS)
            return
        await self._finalize(key)

    async def _empty(self, found: Discovered, namespace: str) -> list[Object]:
        """Delete everything of one kind; what is still there afterwards."""
        resource = found.resource
        left = await self._items(resource, namespace)
        if not left:
            return []
        first = (
            before_daemons(left) if (resource.group, resource.plural) == (PODS.group, PODS.plural) else left
        )
        if first == left and "deletecollection" in found.verbs:
            await self._client.delete_collection(resource, namespace)
        else:
            for obj in first:
                if not is_deleting(obj):
                    await self._delete(resource, obj, namespace)
        return await self._items(resource, namespace)

    async def _delete(self, resource: Resource, obj: Object, namespace: str) -> None:
        metadata = obj["metadata"]
        try:
            await self._client.delete(
                resource, metadata["name"], namespace, uid=metadata["uid"], propagation_policy="Background"
            )
        except (NotFoundError, ConflictError):
            pass  # somebody else was quicker

    async def _items(self, resource: Resource, namespace: str) -> list[Object]:
        items: list[Object] = (await self._client.list(resource, namespace, limit=500))["items"]
        return items

    async def _show(self, namespace: Seen[Namespace], new: list[Object]) -> None:
        changed = namespace.copy()
        status = changed.setdefault("status", {})
        status["conditions"] = merge_conditions(status.get("conditions") or [], new)
        if status == status_in(namespace.obj):
            return
        try:
            self._namespaces.learn(await self._client.update(NAMESPACES, changed, "status"))
        except (ConflictError, NotFoundError):
            pass  # shown the next time, if there is one

    async def _finalize(self, name: str) -> None:
        try:
            live = await self._client.get(NAMESPACES, name)
            spec = spec_in(live)
            spec["finalizers"] = [entry for entry in spec.get("finalizers") or [] if entry != FINALIZER]
            live["spec"] = spec
            await self._client.update(NAMESPACES, live, "finalize")
        except NotFoundError:
            return
