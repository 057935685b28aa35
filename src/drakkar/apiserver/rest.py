"""Create, read, list, replace, delete and watch of stored objects, for any kind of the table."""

from __future__ import annotations

import datetime
import secrets
import time
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

from drakkar.apiserver import errors
from drakkar.apiserver.kinds import Kind
from drakkar.apiserver.store import HistoryGone, Key, KeyExists, Object, Store, StoreConflict

Match = Callable[[Object], bool]
_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def field_matcher(selector: str) -> Match:
    """A test for a field selector on any dotted path; an absent field equals the empty string."""
    terms: list[tuple[list[str], bool, str]] = []
    for term in filter(None, selector.split(",")):
        if "=" not in term:
            raise errors.bad_request(f"invalid field selector {term!r}")
        left, right = term.split("=", 1)
        terms.append((left.removesuffix("!").split("."), not left.endswith("!"), right.removeprefix("=")))

    def matches(obj: Object) -> bool:
        for path, equal, value in terms:
            found: Any = obj
            for part in path:
                found = found.get(part) if isinstance(found, dict) else None
            text = "" if found is None else str(found).lower() if isinstance(found, bool) else str(found)
            if (text == value) is not equal:
                return False
        return True

    return matches


class Rest:
    """The verbs, on one store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def get(self, kind: Kind, namespace: str, name: str) -> Object:
        """The object, or 404."""
        found = self.store.get((kind.resource, namespace, name))
        if found is None:
            raise errors.not_found(kind.group, kind.plural, name)
        return found

    def list(self, kind: Kind, namespace: str | None, match: Match) -> Object:
        """All objects that match, as a list object at the store's revision."""
        items = [o for o in self.store.list(kind.resource, namespace) if match(o)]
        return {
            "kind": f"{kind.kind}List",
            "apiVersion": kind.api_version,
            "metadata": {"resourceVersion": str(self.store.revision)},
            "items": items,
        }

    async def create(self, kind: Kind, namespace: str, obj: Object) -> Object:
        """Store a new object with the metadata that the server owns."""
        meta = dict(obj.get("metadata") or {})
        if meta.get("namespace", namespace) != namespace:
            raise errors.bad_request("the namespace of the provided object does not match the request")
        if not meta.get("name"):
            if not meta.get("generateName"):
                raise errors.StatusError(422, "Invalid", "name or generateName is required")
            meta["name"] = meta["generateName"] + "".join(secrets.choice(_SUFFIX) for _ in range(5))
        if meta.get("resourceVersion"):
            raise errors.bad_request("resourceVersion should not be set on objects to be created")
        if namespace:
            home = self.store.get(("/namespaces", "", namespace))
            if home is None:
                raise errors.not_found("", "namespaces", namespace)
            if "deletionTimestamp" in home["metadata"]:
                why = f"unable to create new content in namespace {namespace} because it is being terminated"
                raise errors.forbidden(kind.group, kind.plural, meta["name"], why)
            meta["namespace"] = namespace
        meta |= {"uid": str(uuid.uuid4()), "creationTimestamp": _now()}
        for owned in ("deletionTimestamp", "deletionGracePeriodSeconds"):
            meta.pop(owned, None)
        if "spec" in obj:
            meta["generation"] = 1
        new = {**obj, "kind": kind.kind, "apiVersion": kind.api_version, "metadata": meta}
        if kind.status:
            new.pop("status", None)
        try:
            return await self.store.create((kind.resource, namespace, meta["name"]), new)
        except KeyExists:
            raise errors.already_exists(kind.group, kind.plural, meta["name"]) from None

    async def replace(
        self, kind: Kind, namespace: str, name: str, obj: Object, subresource: str = ""
    ) -> Object:
        """PUT on the object or its status; a change of nothing writes nothing."""
        old = self.get(kind, namespace, name)
        old_meta, meta = old["metadata"], dict(obj.get("metadata") or {})
        if meta.get("name", name) != name:
            raise errors.bad_request("the name of the object does not match the name on the URL")
        version = meta.get("resourceVersion") or old_meta["resourceVersion"]
        if version != old_meta["resourceVersion"] or meta.get("uid", old_meta["uid"]) != old_meta["uid"]:
            raise self._stale(kind, name)
        new = {**obj, "kind": kind.kind, "apiVersion": kind.api_version}
        if subresource == "status":
            new = {**old, "status": obj.get("status") or {}}
        else:
            for owned in ("uid", "creationTimestamp", "generation", "deletionTimestamp", "namespace", "name"):
                meta.pop(owned, None)
                if owned in old_meta:
                    meta[owned] = old_meta[owned]
            meta["resourceVersion"] = old_meta["resourceVersion"]
            if new.get("spec") != old.get("spec") and "generation" in meta:
                meta["generation"] += 1
            new["metadata"] = meta
            if kind.status:
                new.pop("status", None)
                if "status" in old:
                    new["status"] = old["status"]
        if new == old:
            return old
        key: Key = (kind.resource, namespace, name)
        stored = await self.store.update(key, new, old_meta["resourceVersion"])
        if "deletionTimestamp" in stored["metadata"] and not stored["metadata"].get("finalizers"):
            return await self.store.delete(key, stored["metadata"]["resourceVersion"])
        return stored

    async def delete(self, kind: Kind, namespace: str, name: str, options: Object) -> Object:
        """Remove at once, or mark when finalizers are left; preconditions of uid and resourceVersion hold."""
        old = self.get(kind, namespace, name)
        for field, wanted in (options.get("preconditions") or {}).items():
            if wanted and old["metadata"].get(field) != wanted:
                raise self._stale(kind, name)
        key: Key = (kind.resource, namespace, name)
        meta = dict(old["metadata"])
        policy = options.get("propagationPolicy")
        extra = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}.get(policy or "")
        if extra and extra not in meta.get("finalizers", ()):
            meta["finalizers"] = [*meta.get("finalizers", ()), extra]
        if not meta.get("finalizers"):
            return await self.store.delete(key, meta["resourceVersion"])
        if "deletionTimestamp" in meta:
            return old
        meta |= {"deletionTimestamp": _now(), "deletionGracePeriodSeconds": 0}
        return await self.store.update(key, {**old, "metadata": meta}, meta["resourceVersion"])

    def _stale(self, kind: Kind, name: str) -> errors.StatusError:
        why = "the object has been modified; please apply your changes to the latest version and try again"
        return errors.conflict(kind.group, kind.plural, name, why)

    async def watch(
        self, kind: Kind, namespace: str | None, match: Match, start: str, initial: bool, seconds: float
    ) -> AsyncIterator[Object]:
        """Watch events; with `initial` (WatchList) the objects there are come first, then the marked bookmark."""
        deadline = time.monotonic() + seconds
        at = int(start) if start not in ("", "0") else self.store.revision
        if initial or start in ("", "0"):
            at = self.store.revision
            for obj in [o for o in self.store.list(kind.resource, namespace) if match(o)]:
                yield {"type": "ADDED", "object": obj}
            if initial:
                mark = {"resourceVersion": str(at), "annotations": {"k8s.io/initial-events-end": "true"}}
                bookmark = {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": mark}
                yield {"type": "BOOKMARK", "object": bookmark}
        while True:
            try:
                events = self.store.since(at)
            except HistoryGone:
                yield {"type": "ERROR", "object": errors.expired(f"too old resource version: {at}").status}
                return
            for event in events:
                at = event.revision
                if event.key[0] != kind.resource or namespace not in (None, event.key[1]):
                    continue
                now = event.kind != "DELETED" and match(event.object)
                before = event.old is not None and match(event.old)
                if now:
                    yield {"type": "MODIFIED" if before else "ADDED", "object": event.object}
                elif before and event.old is not None:
                    # An object that leaves the selector is shown as it was, at the new revision.
                    meta = {**event.old["metadata"], "resourceVersion": str(at)}
                    yield {"type": "DELETED", "object": {**event.old, "metadata": meta}}
            left = deadline - time.monotonic()
            if left <= 0 or not await self.store.wait(at, left):
                return


__all__ = ["Match", "Rest", "StoreConflict", "field_matcher"]
