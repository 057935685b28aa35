"""An API server in memory, as much of it as controllers need: versions, watches, finalizers, four kinds of write."""

from __future__ import annotations

import asyncio
import copy
import datetime
import itertools
import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any

from drakkar.client import AlreadyExists, ApiError, Conflict, Forbidden, NotFound, Resource
from drakkar.client import resources as known

Object = dict[str, Any]
Key = tuple[str, str, str]

RESOURCES = [value for value in vars(known).values() if isinstance(value, Resource)]
VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"
_WITH_GENERATION = {"pods", "deployments", "replicasets", "daemonsets", "jobs"}


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def merge(target: Any, change: Any) -> Any:
    """A JSON merge patch."""
    if not isinstance(change, dict):
        return copy.deepcopy(change)
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in change.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


class FakeClient:
    """Every write is checked by `on_write` hooks, so a test can assert what must hold at all times."""

    def __init__(self) -> None:
        self.objects: dict[Key, Object] = {}
        self.requests: list[tuple[str, str, str]] = []
        self.on_write: list[Callable[[], None]] = []
        self.applied: list[tuple[str, bool, Object]] = []
        self._version = itertools.count(1)
        self._uid = itertools.count(1)
        self._watches: dict[str, list[asyncio.Queue[tuple[str, Object]]]] = {}
        self._log: list[tuple[int, str, str, Object]] = []

    # What tests ask.

    def all(self, plural: str, namespace: str | None = None) -> list[Object]:
        return [
            copy.deepcopy(obj)
            for (found, space, _), obj in self.objects.items()
            if found == plural and namespace in (None, space)
        ]

    def find(self, plural: str, name: str, namespace: str = "") -> Object | None:
        return copy.deepcopy(self.objects.get((plural, namespace, name)))

    async def until(self, holds: Callable[[], Any], limit: float = 5.0) -> Any:
        """What `holds` returns, once it is true."""
        changed = asyncio.Event()
        self.on_write.append(changed.set)
        try:
            async with asyncio.timeout(limit):
                while not (answer := holds()):
                    changed.clear()
                    await changed.wait()
                return answer
        finally:
            self.on_write.remove(changed.set)

    def set_status(self, plural: str, name: str, namespace: str = "", **status: Any) -> Object:
        """Write fields of a status as a kubelet or scheduler would."""
        obj = copy.deepcopy(self.objects[plural, namespace, name])
        obj["status"] = {**(obj.get("status") or {}), **status}
        return self._store(plural, obj)

    # The store.

    def _store(self, plural: str, obj: Object) -> Object:
        metadata = obj["metadata"]
        key = (plural, metadata.get("namespace") or "", metadata["name"])
        old = self.objects.get(key)
        if old is not None:
            same = copy.deepcopy(obj)
            same["metadata"]["resourceVersion"] = old["metadata"]["resourceVersion"]
            if same == old:
                return copy.deepcopy(old)
        version = next(self._version)
        metadata["resourceVersion"] = str(version)
        if (
            metadata.get("deletionTimestamp")
            and not metadata.get("finalizers")
            and not self._lives_on(plural, obj)
        ):
            self.objects.pop(key, None)
            self._tell(version, plural, "DELETED", obj)
        else:
            self.objects[key] = copy.deepcopy(obj)
            self._tell(version, plural, "ADDED" if old is None else "MODIFIED", obj)
        return copy.deepcopy(obj)

    @staticmethod
    def _lives_on(plural: str, obj: Object) -> bool:
        """A pod waits for its kubelet, a namespace for its controller."""
        if plural == "namespaces":
            return bool((obj.get("spec") or {}).get("finalizers"))
        if plural != "pods":
            return False
        finished = (obj.get("status") or {}).get("phase") in ("Succeeded", "Failed")
        return bool(obj["spec"].get("nodeName")) and not finished and not obj["metadata"].get("removed")

    def _tell(self, version: int, plural: str, kind: str, obj: Object) -> None:
        self._log.append((version, plural, kind, copy.deepcopy(obj)))
        for queue in self._watches.get(plural, []):
            queue.put_nowait((kind, copy.deepcopy(obj)))
        for hook in list(self.on_write):
            hook()

    def _held(self, resource: Resource, name: str, namespace: str | None) -> Object:
        obj = self.objects.get((resource.plural, namespace or "", name))
        if obj is None:
            raise NotFound(404, "NotFound", f"{resource.plural} {name!r} not found")
        return copy.deepcopy(obj)

    # The client's methods.

    async def get(self, resource: Resource, name: str, namespace: str | None = None) -> Object:
        await asyncio.sleep(0)
        return self._held(resource, name, namespace)

    async def list(
        self,
        resource: Resource,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
        limit: int | None = None,
    ) -> Object:
        await asyncio.sleep(0)
        items = []
        for obj in self.all(resource.plural, namespace or None):
            # As from a real server, the items do not say what they are.
            items.append({key: value for key, value in obj.items() if key not in ("apiVersion", "kind")})
        return {"metadata": {"resourceVersion": str(next(self._version))}, "items": items}

    async def watch(
        self,
        resource: Resource,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
        resource_version: str | None = None,
    ) -> AsyncIterator[tuple[str, Object]]:
        queue: asyncio.Queue[tuple[str, Object]] = asyncio.Queue()
        for version, plural, kind, obj in self._log:
            if plural == resource.plural and version > int(resource_version or 0):
                queue.put_nowait((kind, copy.deepcopy(obj)))
        self._watches.setdefault(resource.plural, []).append(queue)
        while True:
            yield await queue.get()

    async def create(self, resource: Resource, obj: Object, namespace: str | None = None) -> Object:
        await asyncio.sleep(0)
        obj = copy.deepcopy(obj)
        metadata = obj["metadata"]
        if resource.namespaced:
            metadata["namespace"] = namespace or metadata["namespace"]
            space = self.objects.get(("namespaces", "", metadata["namespace"]))
            if space is not None and space["metadata"].get("deletionTimestamp"):
                cause = {"reason": "NamespaceTerminating", "field": "metadata.namespace"}
                raise Forbidden(403, "Forbidden", "being terminated", {"details": {"causes": [cause]}})
        if "name" not in metadata:
            metadata["name"] = metadata["generateName"] + "".join(secrets.choice(_SUFFIX) for _ in range(5))
        if (resource.plural, metadata.get("namespace") or "", metadata["name"]) in self.objects:
            raise AlreadyExists(409, "AlreadyExists", metadata["name"])
        metadata["uid"] = f"uid-{next(self._uid)}"
        metadata["creationTimestamp"] = _now()
        if resource.plural in _WITH_GENERATION:
            metadata["generation"] = 1
        self._default(resource, obj)
        self.requests.append(("create", resource.plural, metadata["name"]))
        return self._store(resource.plural, obj)

    @staticmethod
    def _default(resource: Resource, obj: Object) -> None:
        metadata = obj["metadata"]
        if resource.plural == "pods":
            obj["status"] = {"phase": "Pending"}
        elif resource.plural == "namespaces":
            obj.setdefault("spec", {})["finalizers"] = ["kubernetes"]
            obj["status"] = {"phase": "Active"}
        elif resource.plural == "jobs":
            labels = {"batch.kubernetes.io/controller-uid": metadata["uid"]}
            template = obj["spec"]["template"].setdefault("metadata", {})
            template["labels"] = {**(template.get("labels") or {}), **labels}
            obj["spec"]["selector"] = {"matchLabels": labels}

    async def update(self, resource: Resource, obj: Object, subresource: str | None = None) -> Object:
        await asyncio.sleep(0)
        metadata = obj["metadata"]
        held = self._held(resource, metadata["name"], metadata.get("namespace"))
        if metadata.get("resourceVersion") not in (None, held["metadata"]["resourceVersion"]):
            raise Conflict(409, "Conflict", f"{metadata['name']} has changed")
        return self._write(resource, held, copy.deepcopy(obj), subresource)

    def _write(self, resource: Resource, held: Object, new: Object, subresource: str | None) -> Object:
        if subresource == "status":
            new = {**held, "status": new.get("status") or {}}
        elif subresource == "finalize":
            new = {**held, "spec": new["spec"]}
        elif "status" in held:
            new["status"] = held["status"]
        metadata = new["metadata"]
        if resource.plural in _WITH_GENERATION and new.get("spec") != held.get("spec"):
            metadata["generation"] = held["metadata"]["generation"] + 1
        for name in ("uid", "creationTimestamp", "deletionTimestamp"):
            if name in held["metadata"]:
                metadata[name] = held["metadata"][name]
        return self._store(resource.plural, new)

    async def patch(
        self,
        resource: Resource,
        name: str,
        body: Object,
        namespace: str | None = None,
        kind: str = "merge",
        subresource: str | None = None,
        field_manager: str | None = None,
        force: bool = False,
    ) -> Object:
        await asyncio.sleep(0)
        held = self._held(resource, name, namespace)
        for precondition in ("uid", "resourceVersion"):
            wanted = (body.get("metadata") or {}).get(precondition)
            if wanted not in (None, held["metadata"][precondition]):
                raise Conflict(409, "Conflict", f"{name} has changed")
        if kind == "apply":
            assert field_manager
            self.applied.append((field_manager, force, copy.deepcopy(body)))
        else:
            # The recorder's strategic patches of events have no lists.
            assert kind == "merge" or resource.plural == "events"
        return self._write(resource, held, merge(held, body), subresource)

    async def delete(
        self,
        resource: Resource,
        name: str,
        namespace: str | None = None,
        grace_period_seconds: int | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
        propagation_policy: str | None = None,
    ) -> Object:
        await asyncio.sleep(0)
        obj = self._held(resource, name, namespace)
        metadata = obj["metadata"]
        if uid not in (None, metadata["uid"]) or resource_version not in (None, metadata["resourceVersion"]):
            raise Conflict(409, "Conflict", f"{name} has changed")
        self.requests.append(("delete", resource.plural, name))
        metadata.setdefault("deletionTimestamp", _now())
        extra = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}.get(propagation_policy or "")
        if extra and extra not in metadata.get("finalizers", []):
            metadata["finalizers"] = [*metadata.get("finalizers", []), extra]
        if grace_period_seconds == 0:
            metadata["removed"] = True
        if resource.plural == "namespaces":
            obj["status"]["phase"] = "Terminating"
        return self._store(resource.plural, obj)

    async def delete_collection(
        self,
        resource: Resource,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
    ) -> Object:
        for obj in self.all(resource.plural, namespace):
            await self.delete(resource, obj["metadata"]["name"], obj["metadata"].get("namespace"))
        return {"items": []}

    async def request(self, method: str, path: str, *_: Any, **__: Any) -> Object:
        """Discovery."""
        await asyncio.sleep(0)
        groups: dict[str, str] = {r.group: r.version for r in RESOURCES if r.group}
        if path == "/apis":
            return {
                "groups": [
                    {
                        "name": group,
                        "versions": [{"groupVersion": f"{group}/{version}", "version": version}],
                        "preferredVersion": {"version": version},
                    }
                    for group, version in groups.items()
                ]
            }
        listed = [r for r in RESOURCES if path == (f"/apis/{r.group}/{r.version}" if r.group else "/api/v1")]
        if not listed:
            raise ApiError(404, "NotFound", path)
        return {
            "resources": [
                {"name": r.plural, "kind": r.kind, "namespaced": r.namespaced, "verbs": VERBS} for r in listed
            ]
        }
