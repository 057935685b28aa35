"""Create, read, list, replace, delete and watch of objects, for any kind of the table."""

from __future__ import annotations

import copy
from collections.abc import Callable

from drakkar.api.gates import Gates
from drakkar.api.object import Object
from drakkar.apiserver import beside, errors
from drakkar.apiserver.admission.admission import Admission, built_in
from drakkar.apiserver.kinds import conversion
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.registry import Registry
from drakkar.apiserver.policies.request import UPDATE
from drakkar.apiserver.resources import deletion, identity
from drakkar.apiserver.resources.converted_page import converted_page
from drakkar.apiserver.resources.creation import Creation
from drakkar.apiserver.resources.dynamic_admission import DynamicAdmission
from drakkar.apiserver.resources.heavy_work import judged, weight_of
from drakkar.apiserver.resources.removal import Removal
from drakkar.apiserver.resources.stored_objects import StoredObjects
from drakkar.apiserver.resources.update import Update
from drakkar.apiserver.resources.write import Change, Write
from drakkar.apiserver.resources.write_options import WriteOptions
from drakkar.apiserver.resources.write_steps import WriteSteps
from drakkar.apiserver.storage import paging
from drakkar.apiserver.storage.paging import ListOptions
from drakkar.apiserver.storage.selection import Match
from drakkar.apiserver.storage.store import Store
from drakkar.apiserver.storage.watching import Standing, Watch, WatchOptions
from drakkar.validation.field_error import FieldError


class Rest:
    """The verbs, on one store. Kinds are as the client names them; objects come and go in that version."""

    def __init__(
        self,
        store: Store,
        kinds: Registry,
        gates: frozenset[str] = Gates.default(),
        admission: Admission | None = None,
    ) -> None:
        self.store = store
        self.kinds = kinds
        self._admission = admission or built_in()
        self._objects = StoredObjects(store, kinds)
        self.converting = self._objects.converting
        self._dynamic = DynamicAdmission(store, kinds, self.converting, self._admission)
        steps = WriteSteps(self._objects, self._dynamic, gates, self._admission)
        self._creation = Creation(self._objects, steps, self._admission)
        self._update = Update(self._objects, steps)
        self._removal = Removal(self._objects, self._dynamic)

    async def get(self, kind: Kind, namespace: str, name: str) -> Object:
        """The object, or 404; callers must not change it."""
        return await self._objects.served(kind, self._objects.get(kind, namespace, name))

    async def list(
        self, kind: Kind, namespace: str | None, match: Match, options: ListOptions | None = None
    ) -> Object:
        """The objects that match, as a list object, or one page of them."""
        return (await self.listing(kind, namespace, options or ListOptions(), match))(match)

    async def listing(
        self, kind: Kind, namespace: str | None, options: ListOptions, match: Match
    ) -> Callable[[Match], Object]:
        """What makes a list of what matches, here or beside the loop (`list_weight`); StatusError for options that are none."""
        target = self.kinds.stored(kind.resource)
        snapshot = paging.snapshot(self.store, target, options)
        if kind.webhook is not None:
            snapshot = await converted_page(self.converting, kind, namespace, snapshot, match)

        def listed(match: Match) -> Object:
            found = snapshot.page(target, namespace, match)
            found["kind"], found["apiVersion"] = kind.list_name, kind.api_version
            found["items"] = conversion.all_served(kind, target, found["items"])
            return found

        return listed

    def watch(self, kind: Kind, namespace: str | None, match: Match, options: WatchOptions) -> Watch:
        """A watch on the collection, with the objects as they are stored. That of a custom kind ends with what its definition
        says of objects now."""

        def standing() -> Standing:
            now = self.kinds.at(kind.group, kind.version, kind.plural)
            if now is None:
                return "gone"
            same = now is kind or (now.form, now.webhook, now.namespaced) == (
                kind.form,
                kind.webhook,
                kind.namespaced,
            )
            return "as it was" if same else "another"

        target = self.kinds.stored(kind.resource)
        return Watch(self.store, target, namespace, match, options, None if kind.form is None else standing)

    def as_read(self, kind: Kind, fitting: Object) -> Object:
        """What was sent and fits the schema, as it is read: with its defaults, in the client's version."""
        found = copy.deepcopy(fitting)
        if kind.stored:
            found = self._objects.converted(kind, found)
        if kind.strategy.default is not None:
            kind.strategy.default(found)
        if not kind.stored:
            return {"kind": kind.kind, "apiVersion": kind.api_version, **found}
        return conversion.served(kind, found)

    async def create(
        self, kind: Kind, namespace: str, obj: Object, options: WriteOptions | None = None
    ) -> Object:
        """Store a new object with the metadata that the server owns."""
        options = options or WriteOptions()
        await self._admission.settle(kind.resource, namespace, obj, self.store)
        weight = weight_of(kind, options.weight)
        return await judged(weight, options, lambda: self._creation.create(kind, namespace, obj, options))

    async def replace(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        obj: Object,
        subresource: str = "",
        options: WriteOptions | None = None,
    ) -> Object:
        """PUT on the object, its status or a namespace's finalizers; a change of nothing writes nothing."""

        def put(old: Object) -> Object:
            given = obj.get("metadata") or {}
            if isinstance(given, dict):
                identity.check_name(name, given)
            if kind.strategy.needs_version and isinstance(given, dict) and not given.get("resourceVersion"):
                identity.check_uid(kind, old, given)
                cause = FieldError.invalid("metadata.resourceVersion", "0", "must be specified for an update")
                # Of all that is invalid, this alone is said of the resource and not of the kind.
                raise errors.invalid(kind.group, kind.plural, name, [cause])
            return obj

        return await self.change(kind, namespace, name, put, subresource, options)

    async def change(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        change: Change,
        subresource: str = "",
        options: WriteOptions | None = None,
    ) -> Object:
        """Replace the object by what `change` makes of it, which it must leave as it is.

        No other write comes between the read and the write: either nothing is awaited there, or, where the work is
        heavy and done beside the loop, it is done again on what the other write left.
        """
        write = Write(UPDATE, kind, subresource, namespace, options or WriteOptions(), name)
        return await self._update.update(write, change)

    async def admit_below(self, write: Write, new: Object) -> Object:
        """Ask policies and webhooks about what is sent to a path below an object, or to none that is stored; `new` is its
        whole body. The answer is the body as they left it."""

        async def admit() -> Object:
            return await self._dynamic.admit_below(write, new)

        return await judged(write.options.weight, write.options, admit)

    async def delete(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        delete_options: Object,
        options: WriteOptions | None = None,
    ) -> Object:
        """Remove or mark (see `deletion`); the answer is the object, or a Status where the original sends one."""
        return await self._removal.delete(kind, namespace, name, delete_options, options or WriteOptions())

    async def delete_collection(
        self,
        kind: Kind,
        namespace: str | None,
        match: Match,
        delete_options: Object,
        options: WriteOptions | None = None,
        weight: int = 0,
    ) -> Object:
        """Delete every object that matches; the answer is the list of them as they were. `weight` is that of the list."""
        deletion.check_options(delete_options)
        listed = await self.listing(kind, namespace, ListOptions(), match)
        found = await beside.call(weight, listed, match)
        await self._removal.delete_all(kind, found["items"], delete_options, options or WriteOptions())
        return found


__all__ = ["Change", "Match", "Object", "Rest"]
