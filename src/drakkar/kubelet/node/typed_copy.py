"""A collection of the API as structs, kept up by list and watch."""

from __future__ import annotations

import logging
from typing import Generic, TypeVar

from drakkar.api.object import ObjectKey, key_of
from drakkar.api.resource import DecodeError, decode
from drakkar.client import Client, Informer, Resource
from drakkar.client.changes import Change

T = TypeVar("T")
_log = logging.getLogger(__name__)


class TypedCopy(Generic[T]):
    """`structs` by namespace and name. An object that cannot be read is left out, and nothing else is."""

    def __init__(self, client: Client, resource: Resource, kind: type[T]) -> None:
        self.informer = Informer(client, resource)
        self.informer.add_handler(self.changed)
        self._kind = kind
        self.structs: dict[ObjectKey, T] = {}

    def changed(self, change: Change) -> None:
        """Take in an event of the watch."""
        old, new = change.old, change.new
        obj = new or old
        assert obj is not None
        key = key_of(obj)
        self.structs.pop(key, None)
        if new is None:
            return
        try:
            self.structs[key] = decode(self._kind, new)
        except DecodeError as error:
            resource = self.informer.resource
            name = "/".join(filter(None, key))
            _log.error("%s %s cannot be read and is left out: %s", resource.kind, name, error)
