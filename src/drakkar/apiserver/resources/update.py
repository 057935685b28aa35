"""An update of an object, its status or another part of it, from what is stored to what is stored next."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import partial

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.access import restrictions
from drakkar.apiserver.kinds import conversion, metadata
from drakkar.apiserver.resources import deletion, heavy_work, identity, merging
from drakkar.apiserver.resources.scale import scale_before, scale_of, scaled
from drakkar.apiserver.resources.stored_objects import StoredObjects
from drakkar.apiserver.resources.write import Candidate, Change, Write
from drakkar.apiserver.resources.write_options import fitted
from drakkar.apiserver.resources.write_steps import WriteSteps
from drakkar.apiserver.storage.errors import MissingError, StoreConflictError

_TRIES = 5


@dataclass(frozen=True, slots=True)
class _Before:
    """What is there: as it is stored, as it is looked at, and how heavy that is with the request."""

    stored: Object
    old: Object
    weight: int


class Update:
    """Of objects of any kind."""

    def __init__(self, objects: StoredObjects, steps: WriteSteps) -> None:
        self._objects = objects
        self._store = objects.store
        self._steps = steps

    async def update(self, write: Write, change: Change) -> Object:
        """Replace an object by what `change` makes of it, once more on what another write has left meanwhile."""
        kind, options = write.kind, write.options
        said = len(options.warnings)
        for _ in range(_TRIES):
            del options.warnings[said:]
            weight = heavy_work.weight_of(kind, options.weight + self._store.weight(write.key))
            try:
                return await heavy_work.judged(weight, options, lambda: self._try(write, change))
            except (StoreConflictError, MissingError):
                continue
        raise errors.conflict(kind.group, kind.plural, write.name, identity.STALE)

    async def _try(self, write: Write, change: Change) -> Object:
        kind = write.kind
        stored = self._objects.get(kind, write.namespace, write.name)
        weight = write.options.weight + self._store.weight(write.key)
        before = _Before(stored, await self._objects.read(kind, stored), weight)
        candidate = self._candidate(write, before, change)
        await self._steps.take(candidate)
        old, new = before.old, candidate.new
        if merging.counts(kind, write.subresource, old, new):
            new["metadata"]["generation"] = int(old["metadata"].get("generation", 0)) + 1
        new = await self._validated(write, old, new)
        return await self._put(write, before, new)

    def _candidate(self, write: Write, before: _Before, change: Change) -> Candidate:
        """What the change makes of the object, as far as it may; StatusError where it is about another one."""
        kind, subresource, old = write.kind, write.subresource, before.old
        sent = self._objects.converted(
            kind, fitted(kind, change(conversion.served(kind, old)), write.options)
        )
        given = sent.get("metadata") or {}
        if not kind.namespaced and given.get("namespace"):
            # Whatever has no namespace loses one that it is given.
            given = sent["metadata"] = {k: v for k, v in given.items() if k != "namespace"}
        heavy_work.check_size(sent, before.weight)
        self._restrict(write, merging.with_kept_metadata(sent, old), old)
        identity.check(write, old, given)
        tells = merging.tells(kind, subresource)
        if tells:
            given = _told(write, old, given)
        owners = (sent.get("metadata") or {}).get("managedFields")
        claimed = self._claimed(write, old, sent)
        new = merging.merged(kind, old, sent, given, subresource, self._steps.default)
        told = given if tells else dict(new["metadata"])
        again = partial(self._made_again, write, old, new)
        return Candidate(write, old, new, owners, told, again, claimed)

    def _claimed(self, write: Write, old: Object, sent: Object) -> Object | None:
        """What was sent as a whole object, where all of it counts for who owns what."""
        kind = write.kind
        if write.subresource not in kind.strategy.parts_claim:
            return None
        whole = copy.deepcopy(sent)
        self._steps.default(kind, whole, old)
        meta = metadata.kept(old["metadata"], whole.get("metadata") or {})
        return {**whole, "metadata": {k: v for k, v in meta.items() if k != "managedFields"}}

    def _restrict(self, write: Write, new: Object, old: Object) -> None:
        if merging.tells(write.kind, write.subresource):
            restrictions.check(self._store, write.options.requester, write.kind, "update", new, old)

    def _made_again(self, write: Write, old: Object, new: Object, changed: Object) -> Object:
        """What a changed object would be if the client had sent it."""
        given = _told(write, old, metadata.of_changed(changed.get("metadata") or {}, new["metadata"]))
        self._restrict(write, changed, old)
        return merging.merged(write.kind, old, changed, given, write.subresource, self._steps.default)

    async def _validated(self, write: Write, old: Object, new: Object) -> Object:
        """The object when policies and webhooks have seen it, or the Scale of it; StatusError where one refuses."""
        kind, dynamic = write.kind, self._steps.dynamic
        if write.subresource == "scale":
            before, asked = scale_before(kind, old), scale_of(kind, new)
            made = await dynamic.mutate_below(write, asked, before)
            if made is not asked:
                new = scaled(kind, new, made)
            await dynamic.validate(write, scale_of(kind, new), before)
        elif write.subresource != "binding":
            await dynamic.validate(write, new, old)
        return new

    async def _put(self, write: Write, before: _Before, new: Object) -> Object:
        """Store it, or remove it where this update takes away what held it; a change of nothing is not stored."""
        kind, options, old = write.kind, write.options, before.old
        charge = self._steps.charging(write, new, old)
        new = await self._objects.kept(kind, new)
        last = deletion.completed_by_update(kind, old, new)
        if new == before.stored or options.dry_run or last:
            # It is counted nowhere, or gone at once; it must be allowed all the same.
            charge()
        if new == before.stored:
            return conversion.served(kind, old)
        heavy_work.check_size(new, before.weight)
        version = old["metadata"]["resourceVersion"]
        if options.dry_run:
            stored = new
        elif last:
            stored = await self._store.delete(write.key, version, new)
        else:
            stored = await self._store.update(write.key, new, version, charge)
        return await self._objects.served(kind, stored)


def _told(write: Write, old: Object, given: Object) -> Object:
    """What counts of metadata that was sent, or made of what was sent: below an object, where it may."""
    kind, subresource = write.kind, write.subresource
    if subresource in ("", "finalize") or not merging.tells(kind, subresource):
        return given
    return metadata.told_with_part(kind, subresource, old["metadata"], given)
