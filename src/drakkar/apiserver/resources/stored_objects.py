"""Stored objects as the verbs look at them: custom ones in the version of the request, all others as they are."""

from __future__ import annotations

import msgspec

from drakkar.api.object import Object
from drakkar.apiserver import beside, errors
from drakkar.apiserver.kinds import conversion
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.registry import Registry
from drakkar.apiserver.resources.converting import Converting
from drakkar.apiserver.storage.store import Store


def _made(made: Object, of: Object) -> int:
    """The size of what a webhook has made of an object: a small one may have become large."""
    return 0 if made is of else len(msgspec.json.encode(made))


class StoredObjects:
    """Those of one store, of any kind."""

    def __init__(self, store: Store, kinds: Registry) -> None:
        self.store = store
        self._kinds = kinds
        self.converting = Converting(store, kinds)

    def get(self, kind: Kind, namespace: str, name: str) -> Object:
        """The object as it is stored, or 404; callers must not change it."""
        found = self.store.get((kind.resource, namespace, name))
        if found is None:
            raise errors.not_found(kind.group, kind.plural, name)
        return found

    async def read(self, kind: Kind, obj: Object) -> Object:
        """A stored object as it is looked at; StatusError 500 where a webhook must be asked and does not answer."""
        if kind.form is None:
            return obj
        (found,) = await self.converting.read(kind, [obj])
        meta = obj["metadata"]
        weight = self.store.weight((kind.resource, meta.get("namespace", ""), meta["name"]))
        return await beside.call(weight + _made(found, obj), conversion.read, kind, self._target(kind), found)

    async def kept(self, kind: Kind, obj: Object) -> Object:
        """An object as it is to be stored; StatusError 500 as in `read`."""
        if kind.form is None:
            return obj
        kept = await self.converting.kept(kind, obj)
        return await beside.call(_made(kept, obj), conversion.kept, kind, self._target(kind), kept)

    async def served(self, kind: Kind, obj: Object) -> Object:
        """A stored object as the client is answered; StatusError 500 as in `read`."""
        return conversion.served(kind, await self.read(kind, obj))

    def check_served(self, kind: Kind, name: str) -> None:
        """StatusError where a custom kind has gone, or is about to go, since a request for a new object of it began: nobody would
        take that along with the others."""
        now = self._kinds.at(kind.group, kind.version, kind.plural)
        if now is None or now.namespaced is not kind.namespaced:
            raise errors.no_such_resource()
        if now.closed:
            raise errors.forbidden(kind.group, kind.plural, name, now.closed)

    def converted(self, kind: Kind, obj: Object) -> Object:
        """What a client sent, in the version in which it is looked at."""
        return conversion.stored(kind, self._kinds.stored(kind.resource), obj)

    def looked_at(self, kind: Kind) -> Kind:
        """The kind in the version in which it is looked at."""
        return self._kinds.stored(kind.resource) if kind.form is None else kind

    def _target(self, kind: Kind) -> Kind:
        """The kind in whose form objects are kept. With the last object of a custom kind the kind may have gone as well."""
        return self._kinds.kept_as(kind) or kind
