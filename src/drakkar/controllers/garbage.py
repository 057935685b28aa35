"""Garbage collection: what nobody owns any more goes, and owners that wait for their dependents are let go."""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

from drakkar.api.object import Object, ObjectKey, Uid, key_of
from drakkar.client import Client, ConflictError, NotFoundError, Resource, WorkQueue
from drakkar.client.changes import ChangeOf
from drakkar.controllers.machinery.discovery import discover, keep_looking
from drakkar.controllers.machinery.mirror import UNSEEN_SECONDS, Mirror, Mirrors
from drakkar.controllers.machinery.ownership import (
    is_deleting,
    owner_references,
    remove_finalizer,
    set_owner_references,
    unknown_owners,
)
from drakkar.controllers.machinery.seen import Seen
from drakkar.controllers.machinery.stored import finalizers_of


class Key(NamedTuple):
    """An object of any resource."""

    group: str
    plural: str
    key: ObjectKey


FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"
_log = logging.getLogger(__name__)
_SYNC_SECONDS = 5.0
_NEEDED_VERBS = {"list", "watch", "delete"}
# Nobody owns events or is owned by them, and there are many.
_IGNORED = {("", "events"), ("events.k8s.io", "events")}


def waits_for_dependents(obj: Object) -> bool:
    return is_deleting(obj) and FOREGROUND in finalizers_of(obj)


class GarbageCollector:
    """Looks at every resource that the server lists; `find_resources` must run beside the workers."""

    name = "garbage"
    workers = 4

    def __init__(self, client: Client, mirrors: Mirrors) -> None:
        self._client = client
        self._mirrors = mirrors
        self._watched: dict[tuple[str, str], Mirror[Any]] = {}
        self._kinds: dict[tuple[str, str], Resource] = {}
        self.queue: WorkQueue[Key] = WorkQueue()
        self.needs: tuple[Mirror[Any], ...] = ()

    async def find_resources(self) -> None:
        """Keep watching what discovery lists, until cancelled."""
        await keep_looking(self.look_for_resources)

    async def look_for_resources(self) -> None:
        """One look at discovery."""
        for found in await discover(self._client):
            resource = found.resource
            name = (resource.group, resource.plural)
            if name in self._watched or name in _IGNORED or not found.verbs >= _NEEDED_VERBS:
                continue
            mirror = self._mirrors.of(resource)
            self._watched[name] = mirror
            self._kinds[resource.group, resource.kind] = mirror.resource
            mirror.add_handler(self._handler(mirror))

    def _key(self, mirror: Mirror[Any], obj: Object) -> Key:
        resource = mirror.resource
        return Key(resource.group, resource.plural, key_of(obj))

    def _handler(self, mirror: Mirror[Any]) -> Any:
        def handle(change: ChangeOf[Seen[Any]]) -> None:
            old, new = (None if seen is None else seen.obj for seen in (change.old, change.new))
            if new is None:
                assert old is not None
                self._enqueue_dependents(old)
                for reference in owner_references(old):
                    self._enqueue_waiting_owner(reference["uid"])
                return
            if old is None or owner_references(old) != owner_references(new):
                if owner_references(new):
                    self.queue.add(self._key(mirror, new))
                for reference in owner_references(old) if old else ():
                    self._enqueue_waiting_owner(reference["uid"])
            if is_deleting(new) and (FOREGROUND in finalizers_of(new) or ORPHAN in finalizers_of(new)):
                self.queue.add(self._key(mirror, new))
                if old is None or not waits_for_dependents(old):
                    self._enqueue_dependents(new)

        return handle

    def _dependents(self, uid: Uid) -> list[tuple[Mirror[Any], Object]]:
        return [(mirror, obj.obj) for mirror in self._watched.values() for obj in mirror.owned(uid)]

    def _enqueue_dependents(self, owner: Object) -> None:
        for mirror, dependent in self._dependents(owner["metadata"].get("uid", "")):
            self.queue.add(self._key(mirror, dependent))

    def _enqueue_waiting_owner(self, uid: Uid) -> None:
        for mirror in self._watched.values():
            owner = mirror.by_uid(uid)
            if owner is not None and waits_for_dependents(owner.obj):
                self.queue.add(self._key(mirror, owner.obj))

    async def reconcile(self, key: Key) -> None:
        mirror = self._watched.get((key.group, key.plural))
        seen = mirror.get(*key.key) if mirror else None
        if mirror is None or seen is None:
            return
        obj = seen.obj
        if is_deleting(obj) and ORPHAN in finalizers_of(obj):
            await self._release_dependents(mirror, obj)
        elif waits_for_dependents(obj):
            await self._go_after_dependents(mirror, obj)
        elif owner_references(obj) and not is_deleting(obj):
            await self._delete_unless_owned(mirror, obj)

    async def _release_dependents(self, mirror: Mirror[Any], owner: Object) -> None:
        uid = owner["metadata"]["uid"]
        await self._know_all()
        for theirs, dependent in self._dependents(uid):
            rest = [reference for reference in owner_references(dependent) if reference["uid"] != uid]
            await set_owner_references(self._client, theirs, dependent, rest)
        await remove_finalizer(self._client, mirror, owner, ORPHAN)

    async def _know_all(self) -> None:
        """TimeoutError, and so another try, while there may be dependents that we have not seen."""
        for mirror in list(self._watched.values()):
            await mirror.informer.wait_synced(_SYNC_SECONDS)

    async def _go_after_dependents(self, mirror: Mirror[Any], owner: Object) -> None:
        uid = owner["metadata"]["uid"]
        await self._know_all()
        blocking = [
            (theirs, dependent)
            for theirs, dependent in self._dependents(uid)
            if any(
                reference["uid"] == uid and reference.get("blockOwnerDeletion")
                for reference in owner_references(dependent)
            )
        ]
        if not blocking:
            await remove_finalizer(self._client, mirror, owner, FOREGROUND)
        for theirs, dependent in blocking:
            if not is_deleting(dependent):
                self.queue.add(self._key(theirs, dependent))

    async def _delete_unless_owned(self, mirror: Mirror[Any], obj: Object) -> None:
        solid, waiting, gone = [], [], []
        for reference in owner_references(obj):
            owner = self._seen_owner(reference)
            if owner is None:
                owner = await self._stored_owner(reference, obj)
                if owner is not None:
                    self.queue.add_after(self._key(mirror, obj), UNSEEN_SECONDS)
            if owner is None:
                gone.append(reference)
            elif waits_for_dependents(owner):
                waiting.append(reference)
            else:
                solid.append(reference)
        if solid:
            if gone or waiting:
                await set_owner_references(self._client, mirror, obj, solid)
        elif unknown_owners(obj):
            # Nobody can say that those are gone.
            _log.warning(
                "%s %s has an owner reference without apiVersion, kind, name or uid, and stays",
                mirror.resource.kind,
                obj["metadata"]["name"],
            )
        else:
            freed = await self._let_owners_go(mirror, obj) if waiting else obj
            if freed is not None:
                await self._delete(mirror, freed, self._policy(freed, bool(waiting)))

    async def _let_owners_go(self, mirror: Mirror[Any], obj: Object) -> Object | None:
        """The object, which keeps its waiting owners waiting no more where they may be owned by it in turn; None where it is
        gone. Otherwise each of a circle would wait for the next for ever.
        """
        dependents = self._dependents(obj["metadata"]["uid"])
        blocks = any(one.get("blockOwnerDeletion") for one in owner_references(obj))
        if not blocks or not any(waits_for_dependents(dependent) for _, dependent in dependents):
            return obj
        references = [{**one, "blockOwnerDeletion": False} for one in owner_references(obj)]
        freed = await set_owner_references(self._client, mirror, obj, references)
        return None if freed is None else freed.obj

    def _policy(self, obj: Object, awaited: bool) -> str:
        """How its own dependents go; `awaited` says that an owner waits for it."""
        finalizers = finalizers_of(obj)
        if awaited and self._dependents(obj["metadata"]["uid"]):
            # The owner asked to see all of its tree gone, so this branch goes leaves first too.
            return "Foreground"
        if ORPHAN in finalizers:
            return "Orphan"
        return "Foreground" if FOREGROUND in finalizers else "Background"

    async def _delete(self, mirror: Mirror[Any], obj: Object, policy: str) -> None:
        metadata = obj["metadata"]
        try:
            await self._client.delete(
                mirror.resource,
                metadata["name"],
                metadata.get("namespace"),
                uid=metadata["uid"],
                resource_version=metadata["resourceVersion"],
                propagation_policy=policy,
            )
        except NotFoundError:
            return
        except ConflictError:
            # Changed, or another of that name: the watch brings it, and with it its owners of now.
            self.queue.add_after(self._key(mirror, obj), 0.1)
            return
        mirror.learn_deletion(key_of(obj), metadata["uid"])

    def _seen_owner(self, reference: Object) -> Object | None:
        for mirror in self._watched.values():
            known = mirror.by_uid(reference["uid"])
            if known is not None:
                return known.obj
        return None

    async def _stored_owner(self, reference: Object, dependent: Object) -> Object | None:
        """The owner, None when it is surely gone. LookupError when the server does not know its kind."""
        group = reference["apiVersion"].rpartition("/")[0]
        resource = self._kinds.get((group, reference["kind"]))
        if resource is None:
            raise LookupError(f"no resource for owner kind {reference['apiVersion']} {reference['kind']}")
        namespace = dependent["metadata"].get("namespace")
        if resource.namespaced and not namespace:
            # Something of the whole cluster cannot have an owner in a namespace; which one cannot even be asked.
            raise LookupError(f"an owner in a namespace: {reference['kind']} {reference['name']}")
        try:
            owner = await self._client.get(
                resource, reference["name"], namespace if resource.namespaced else None
            )
        except NotFoundError:
            return None
        return owner if owner["metadata"].get("uid") == reference["uid"] else None
