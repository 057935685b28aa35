"""DELETE of one object and of a whole collection: who is asked, and that it is done to what they were asked about."""

from __future__ import annotations

import datetime
import time

from drakkar.api.object import Object
from drakkar.apiserver import beside, errors
from drakkar.apiserver.access import restrictions
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.policies.request import DELETE
from drakkar.apiserver.resources import deletion, identity
from drakkar.apiserver.resources.dynamic_admission import DynamicAdmission
from drakkar.apiserver.resources.heavy_work import judged
from drakkar.apiserver.resources.stored_objects import StoredObjects
from drakkar.apiserver.resources.write import Write
from drakkar.apiserver.resources.write_options import WriteOptions
from drakkar.apiserver.storage.database import Key
from drakkar.apiserver.webhooks.conversion import LONGEST

_TRIES = 5


class Removal:
    """Of objects of any kind; what becomes of one is decided in `deletion`."""

    def __init__(self, objects: StoredObjects, dynamic: DynamicAdmission) -> None:
        self._objects = objects
        self._store = objects.store
        self._dynamic = dynamic

    async def delete(
        self, kind: Kind, namespace: str, name: str, wanted: Object, options: WriteOptions
    ) -> Object:
        """Remove or mark an object as the DeleteOptions `wanted` say; the answer is the object, or a Status where the original
        sends one."""
        deletion.check_options(wanted)
        warned = deletion.warning(kind, wanted)
        if warned:
            options.warnings.append(warned)
        # Of an eviction it was asked before whether that may be.
        itself = not (options.requester and options.requester.asked.subresource)
        for _ in range(_TRIES):
            old = self._objects.get(kind, namespace, name)
            shown = await self._shown(kind, old, options)
            deletion.check_preconditions(kind, old, wanted)
            if itself:
                await self._ask(kind, shown, name, wanted, options)
            if self._store.get((kind.resource, namespace, name)) is old:
                break
        else:
            raise errors.conflict(kind.group, kind.plural, name, identity.STALE)
        last, removed = await self._done(kind, old, wanted, options)
        if removed and not kind.strategy.answers_with_object:
            # Who it was is told, and nobody asked once more what it was.
            return deletion.answer(kind, last, datetime.datetime.now(datetime.UTC))
        answered = await self._objects.served(kind, last)
        if not removed:
            return answered
        return deletion.answer(kind, answered, datetime.datetime.now(datetime.UTC))

    async def delete_all(
        self, kind: Kind, found: list[Object], wanted: Object, options: WriteOptions
    ) -> None:
        """Delete those of `found` that are still there; StatusError 504 where a webhook takes too long over them."""
        warned = deletion.warning(kind, wanted)
        if warned and found:
            options.warnings.append(warned)
        pauses, until = beside.Pauses(), time.monotonic() + LONGEST
        for obj in found:
            await pauses
            if kind.webhook is not None and time.monotonic() > until:
                raise errors.timeout("request did not complete within requested timeout")
            await self._delete_found(kind, obj["metadata"], wanted, options)

    async def _delete_found(self, kind: Kind, meta: Object, wanted: Object, options: WriteOptions) -> None:
        """Delete the object that was found with this metadata, as it is now; nothing where it is gone."""
        key: Key = (kind.resource, meta.get("namespace", ""), meta["name"])
        for _ in range(_TRIES):
            current = self._store.get(key)
            if current is None or current["metadata"]["uid"] != meta["uid"]:
                return
            deletion.check_preconditions(kind, current, wanted)
            await self._ask(kind, await self._shown(kind, current, options), "", wanted, options)
            # What has changed while others were asked goes as well; they are asked about it as it is.
            if self._store.get(key) is current:
                await self._done(kind, current, wanted, options)
                return
        raise errors.conflict(kind.group, kind.plural, meta["name"], identity.STALE)

    async def _shown(self, kind: Kind, obj: Object, options: WriteOptions) -> Object:
        """A stored object as others are asked about it; what cannot be shown is not deleted, but by the server itself."""
        return obj if options.requester is None else await self._objects.read(kind, obj)

    async def _ask(self, kind: Kind, old: Object, named: str, wanted: Object, options: WriteOptions) -> None:
        """Whether an object may go, as it is looked at; StatusError where somebody refuses. `named` is the name on the URL."""
        restrictions.check(self._store, options.requester, kind, "delete", None, old)
        options.given = {k: v for k, v in wanted.items() if k not in ("kind", "apiVersion")}
        if options.dry_run:
            options.given["dryRun"] = ["All"]
        write = Write(DELETE, kind, "", old["metadata"].get("namespace", ""), options, named)

        async def ask() -> None:
            await self._dynamic.mutate_deletion(write, old)
            await self._dynamic.validate(write, None, old)

        await judged(
            self._store.weight((kind.resource, write.namespace, old["metadata"]["name"])), options, ask
        )

    async def _done(
        self, kind: Kind, old: Object, wanted: Object, options: WriteOptions
    ) -> tuple[Object, bool]:
        """The object as it is now or was last, and whether it is gone."""
        decision = deletion.decide(kind, old, wanted, datetime.datetime.now(datetime.UTC))
        meta = old["metadata"]
        key: Key = (kind.resource, meta.get("namespace", ""), meta["name"])
        match decision:
            case deletion.Removed():
                removed = old if options.dry_run else await self._store.delete(key, meta["resourceVersion"])
                return removed, True
            case deletion.Marked(marked):
                if options.dry_run:
                    return marked, False
                return await self._store.update(key, marked, meta["resourceVersion"]), False
        return old, False
