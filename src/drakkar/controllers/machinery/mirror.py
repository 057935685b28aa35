"""Local copies of collections in which a controller finds its own writes before the watch tells of them."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast, overload

from drakkar.api.core import Named
from drakkar.api.object import Object, ObjectKey, Uid, key_of, version_of
from drakkar.api.resource import DecodeError
from drakkar.api.shapes import read
from drakkar.api.time import time_text
from drakkar.client import Client, Informer, Resource
from drakkar.client.changes import Added, Change, ChangeOf, Deleted, Updated
from drakkar.controllers.machinery.clock import now
from drakkar.controllers.machinery.seen import Seen

S = TypeVar("S")
K = TypeVar("K")
SeenHandler = Callable[[ChangeOf[Seen[S]]], None]

_log = logging.getLogger(__name__)
# A write that no watch has shown after this long was undone unseen: between two lists, say.
_CONFIRM_SECONDS = 30.0
# How soon to look again at what hangs on an object that the server has and no mirror shows: should it go before a watch
# brings it, nobody ever tells of that.
UNSEEN_SECONDS = 5.0
# Answers to writes come back within a request's time limit; so many deletions seldom happen in it.
_REMEMBERED_DELETIONS = 4096
_LONGEST = 300


class Mirror(Generic[S]):
    """One collection, indexed by uid, namespace and owner. Its objects are shared: copy before a change.

    An object of a shape that nobody can read is as good as not there, and told once.

    `learn` takes in the answer to a write, so that the next look does not act on what was there before it. That is
    what keeps a controller from making the same pod twice.
    """

    def __init__(self, client: Client, resource: Resource) -> None:
        self.resource = resource
        self.informer = Informer(client, resource)
        self._objects: dict[ObjectKey, Seen[S]] = {}
        self._uids: dict[Uid, ObjectKey] = {}
        self._namespaces: dict[str, dict[ObjectKey, None]] = {}
        self._owners: dict[str, dict[ObjectKey, None]] = {}
        self._gone: OrderedDict[str, None] = OrderedDict()
        self._left_out: OrderedDict[ObjectKey, str] = OrderedDict()
        # Objects whose versions mean nothing any more: the server has gone back behind them.
        self._outlived: set[ObjectKey] = set()
        self._handlers: list[SeenHandler[S]] = []
        self.informer.add_handler(self._on_event)
        self.informer.on_rewind(self._rewound)

    def add_handler(self, handler: SeenHandler[S]) -> None:
        """Call `handler` on every change from now on, and now for what is already known."""
        self._handlers.append(handler)
        for obj in list(self._objects.values()):
            self._call(handler, Added(obj))

    def get(self, namespace: str, name: str) -> Seen[S] | None:
        return self._objects.get(ObjectKey(namespace, name))

    def by_uid(self, uid: Uid) -> Seen[S] | None:
        key = self._uids.get(uid)
        return None if key is None else self._objects[key]

    def owned(self, uid: Uid) -> list[Seen[S]]:
        """Everything that has an owner reference to this uid."""
        return [self._objects[key] for key in self._owners.get(uid, ())]

    def controlled(self, uid: Uid) -> list[Seen[S]]:
        """Everything whose controller has this uid."""
        return [
            obj
            for obj in self.owned(uid)
            if any(
                reference.get("uid") == uid and reference.get("controller")
                for reference in obj.obj["metadata"]["ownerReferences"]
            )
        ]

    def in_namespace(self, namespace: str) -> list[Seen[S]]:
        return [self._objects[key] for key in self._namespaces.get(namespace, ())]

    def all(self) -> list[Seen[S]]:
        return list(self._objects.values())

    def deleted(self, uid: Uid) -> bool:
        """Whether the object of this uid was seen to go, lately."""
        return uid in self._gone

    def learn(self, obj: Object) -> None:
        """Take in what the server answered to a write."""
        seen = self._read(obj)
        if seen is None:
            return
        self.informer.note(obj["metadata"].get("resourceVersion") or "")
        if seen.uid in self._gone or not seen.version or seen.version <= self._known(seen.key):
            return
        self._set(seen)
        self._confirm_later(seen)

    def learn_deletion(self, key: ObjectKey, uid: Uid) -> None:
        """The server has accepted to delete this object: until the watch tells more, show it as being deleted."""
        held = self._objects.get(key)
        if held is None or held.uid != uid or held.is_deleting:
            return
        metadata = {**held.obj["metadata"], "deletionTimestamp": time_text(now())}
        marked = self._read(held.with_parts(metadata=metadata))
        if marked is not None:
            self._set(marked)
            self._confirm_later(marked)

    def _confirm_later(self, obj: Seen[S]) -> None:
        asyncio.get_running_loop().call_later(_CONFIRM_SECONDS, self._confirm, obj)

    def _confirm(self, obj: Seen[S]) -> None:
        if self._objects.get(obj.key) is not obj:
            return
        stored = self.informer.store.get(obj.key)
        if stored is None:
            self._drop(obj)
            return
        if version_of(stored) == obj.version and stored["metadata"].get("deletionTimestamp") is not None:
            return
        seen = self._read(stored)
        if seen is not None:
            self._set(seen)

    def _on_event(self, change: Change) -> None:
        old, new = change.old, change.new
        if new is None:
            assert old is not None
            uid = old["metadata"].get("uid", "")
            self._gone[uid] = None
            while len(self._gone) > _REMEMBERED_DELETIONS:
                self._gone.popitem(last=False)
            held = self._objects.get(key_of(old))
            if held is not None and held.uid == uid:
                self._drop(held)
            return
        seen = self._read(new)
        if seen is None:
            return
        if self._known(seen.key) < seen.version or not seen.version:
            self._set(seen)

    def _known(self, key: ObjectKey) -> int:
        """The version that is held of an object; -1 for none that counts."""
        held = self._objects.get(key)
        return -1 if held is None or key in self._outlived else held.version

    def _rewound(self) -> None:
        """What was seen to go may be there again, and what is held may never have been."""
        self._gone.clear()
        self._outlived.update(self._objects)
        for held in list(self._objects.values()):
            self._confirm_later(held)

    def _read(self, obj: Object) -> Seen[S] | None:
        """An object that can be read; one that cannot is told once for each thing that is wrong, and let go of."""
        try:
            found = read(self.resource.group, self.resource.kind, obj)
        except DecodeError as error:
            self._leave_out(key_of(obj), str(error))
            return None
        # The items of a list come without their kind.
        typed = {"apiVersion": self.resource.api_version, "kind": self.resource.kind, **obj}
        return Seen(typed, cast(S, found))

    def _leave_out(self, key: ObjectKey, why: str) -> None:
        if self._left_out.get(key) != why:
            self._left_out[key] = why
            _log.error(
                "%s %s is left out: %s", self.resource.kind, "/".join(filter(None, key)), why[:_LONGEST]
            )
            while len(self._left_out) > _REMEMBERED_DELETIONS:
                self._left_out.popitem(last=False)
        held = self._objects.get(key)
        if held is not None:
            self._drop(held)

    def _set(self, new: Seen[S]) -> None:
        key = new.key
        old = self._objects.get(key)
        if old is not None and old.uid != new.uid:
            self._drop(old)
            old = None
        if old is not None:
            self._unindex(key, old)
        self._objects[key] = new
        self._outlived.discard(key)
        self._uids[new.uid] = key
        self._namespaces.setdefault(key[0], {})[key] = None
        for reference in new.obj["metadata"].get("ownerReferences") or ():
            self._owners.setdefault(reference.get("uid", ""), {})[key] = None
        self._tell(Added(new) if old is None else Updated(old, new))

    def _drop(self, old: Seen[S]) -> None:
        key = old.key
        del self._objects[key]
        self._outlived.discard(key)
        self._unindex(key, old)
        self._tell(Deleted(old))

    def _unindex(self, key: ObjectKey, old: Seen[S]) -> None:
        self._uids.pop(old.uid, None)
        owners = [reference.get("uid", "") for reference in old.obj["metadata"].get("ownerReferences") or ()]
        for index, entries in ((self._namespaces, [key[0]]), (self._owners, owners)):
            for entry in entries:
                keys = index.get(entry, {})
                keys.pop(key, None)
                if not keys:
                    index.pop(entry, None)

    def _tell(self, change: ChangeOf[Seen[S]]) -> None:
        for handler in self._handlers:
            self._call(handler, change)

    def _call(self, handler: SeenHandler[S], change: ChangeOf[Seen[S]]) -> None:
        try:
            handler(change)
        except Exception:
            # One handler's mistake must not cost the others their events, nor one object the others.
            obj = change.new or change.old
            name = "" if obj is None else obj.key.name
            kind = type(change).__name__
            _log.exception("%s: a handler failed on %s of %s", self.resource.plural, kind, name)


class Mirrors:
    """One mirror a resource, shared by all controllers; each is kept up from its first use once `start` was called."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._mirrors: dict[tuple[str, str], Mirror[Any]] = {}
        self._group: asyncio.TaskGroup | None = None

    @overload
    def of(self, resource: Resource) -> Mirror[Named]: ...
    @overload
    def of(self, resource: Resource, kind: type[K]) -> Mirror[K]: ...
    def of(self, resource: Resource, kind: type[Any] = Named) -> Mirror[Any]:
        """The mirror of a resource, whose structs are of this kind (shapes.read); of a resource in two versions the one asked
        for first.
        """
        mirror = self._mirrors.get((resource.group, resource.plural))
        if mirror is None:
            mirror = self._mirrors[resource.group, resource.plural] = Mirror(self._client, resource)
            if self._group is not None:
                self._group.create_task(mirror.informer.run())
        return mirror

    def start(self, group: asyncio.TaskGroup) -> None:
        """Begin to list and watch."""
        self._group = group
        for mirror in self._mirrors.values():
            group.create_task(mirror.informer.run())
