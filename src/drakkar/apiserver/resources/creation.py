"""Creation of an object: it gets the metadata that the server owns, and a name that nobody has."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from functools import partial

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.access import restrictions
from drakkar.apiserver.admission.admission import Admission
from drakkar.apiserver.kinds import metadata
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.policies.request import CREATE
from drakkar.apiserver.resources import heavy_work
from drakkar.apiserver.resources.namespace_check import check_namespace
from drakkar.apiserver.resources.stored_objects import StoredObjects
from drakkar.apiserver.resources.write import Candidate, Write
from drakkar.apiserver.resources.write_options import WriteOptions, fitted
from drakkar.apiserver.resources.write_steps import WriteSteps
from drakkar.apiserver.storage.change import Alongside, Check
from drakkar.apiserver.storage.database import Key
from drakkar.apiserver.storage.errors import KeyExistsError

_NAME_TRIES = 8


class Creation:
    """Of objects of any kind."""

    def __init__(self, objects: StoredObjects, steps: WriteSteps, admission: Admission) -> None:
        self._objects = objects
        self._store = objects.store
        self._steps = steps
        self._admission = admission

    async def create(self, kind: Kind, namespace: str, obj: Object, options: WriteOptions) -> Object:
        """Store a new object; the answer is that object in the version of the request."""
        sent = self._sent(kind, namespace, obj, options)
        # Some versions keep fields of others in it.
        given = sent.get("metadata") or {}
        write = Write(CREATE, kind, "", namespace, options, given.get("name") or "")
        new = self._begun(write, sent, given)
        seen = self._store.revision
        for attempt in range(1 if write.named else _NAME_TRIES):
            if not write.named and given.get("generateName"):
                new["metadata"]["name"] = metadata.generated_name(given["generateName"])
            if attempt == 0:
                await self._take(write, new, given)
            made = await self._put(write, new, seen)
            if made is not None:
                return made
        raise errors.already_exists(kind.group, kind.plural, new["metadata"]["name"])

    def _sent(self, kind: Kind, namespace: str, obj: Object, options: WriteOptions) -> Object:
        """What was sent, in the version in which it is looked at; StatusError for what cannot be created."""
        new = fitted(kind, obj, options)
        given = new.get("metadata") or {}
        if kind.closed:
            raise errors.forbidden(kind.group, kind.plural, given.get("name") or "", kind.closed)
        if kind.namespaced and given.get("namespace", namespace) != namespace:
            raise errors.other_namespace()
        # On trial nobody looks, as in the original.
        if given.get("resourceVersion") and not options.dry_run:
            raise errors.StatusError(500, "", "resourceVersion should not be set on objects to be created")
        return self._objects.converted(kind, new)

    def _begun(self, write: Write, sent: Object, given: Object) -> Object:
        """The new object with its metadata, where it may be at all."""
        kind = write.kind
        heavy_work.check_size(sent, write.options.weight)
        new = {**sent, "metadata": metadata.fresh(kind, write.namespace if kind.namespaced else "", given)}
        check_namespace(self._store, kind, write.namespace, new["metadata"])
        _leave_status(kind, new)
        self._admission.refuse(kind.resource, new)
        return new

    async def _take(self, write: Write, new: Object, given: Object) -> None:
        """Take a new object through all that is asked before it is stored, in place; StatusError where one refuses."""
        kind, requester = write.kind, write.options.requester
        restrictions.check(self._store, requester, kind, "create", new, None)
        self._steps.complete(kind, new)
        made_again = partial(self._made_again, write, new)
        owners = given.get("managedFields")
        await self._steps.take(Candidate(write, None, new, owners, new["metadata"], made_again))
        restrictions.check_creation(requester)
        await self._steps.dynamic.validate(dataclasses.replace(write, named=None), new, None)

    def _made_again(self, write: Write, new: Object, changed: Object) -> Object:
        """What a changed object would be if the client had sent it."""
        kind, given = write.kind, changed.get("metadata") or {}
        again = {**changed, "metadata": metadata.of_changed(given, new["metadata"])}
        _leave_status(kind, again)
        self._steps.complete(kind, again)
        restrictions.check(self._store, write.options.requester, kind, "create", again, None)
        return again

    async def _put(self, write: Write, new: Object, seen: int) -> Object | None:
        """Store it; None where there is one of its name."""
        kind, options = write.kind, write.options
        key: Key = (kind.resource, write.namespace if kind.namespaced else "", new["metadata"]["name"])
        charge = self._steps.charging(write, new, None)
        if self._store.get(key) is not None:
            charge()
            return None
        heavy_work.check_size(new, options.weight)
        kept = await self._objects.kept(kind, new)
        if options.dry_run:
            charge()
            return await self._objects.served(kind, kept)
        still = partial(self._still, write, new, seen, charge)
        try:
            made = await self._store.create(key, kept, still)
        except KeyExistsError:
            return None
        return await self._objects.served(kind, made)

    def _still(self, write: Write, new: Object, seen: int, charge: Check) -> Iterable[Alongside]:
        """Asked at the moment of the write: what was prepared beside the loop, or while others were asked, may have been
        overtaken since the store's revision was `seen`."""
        if self._store.revision != seen:
            self._objects.check_served(write.kind, new["metadata"]["name"])
            check_namespace(self._store, write.kind, write.namespace, new["metadata"])
            self._admission.check(write.kind.resource, new, self._store)
        return charge()


def _leave_status(kind: Kind, new: Object) -> None:
    """Take away what a client says of the status of a new object, in place."""
    if kind.status and not kind.strategy.born_with_status:
        new.pop("status", None)
