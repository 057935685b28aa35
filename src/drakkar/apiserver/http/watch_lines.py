"""Watch events as lines of JSON, in the version and the form that a client asked for; watches that tell the same
share the line."""

from __future__ import annotations

from collections import OrderedDict

import msgspec

from drakkar.api.object import Object
from drakkar.apiserver.http import answers
from drakkar.apiserver.http.negotiation import Form
from drakkar.apiserver.kinds import conversion
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.storage.watching import Told

# Lines that others may want too: those of the newest changes, in each form that somebody watches in.
_KEPT = 256
Shared = OrderedDict[tuple[object, ...], bytes]


class Lines:
    """How one client wants its events. `kind` is the kind as the client names it, `target` as the objects are stored."""

    __slots__ = ("_first", "_form", "_include", "_kind", "_shared", "_target", "_wanted")

    def __init__(self, kind: Kind, target: Kind, form: Form, include: str, shared: Shared) -> None:
        self._kind, self._target = kind, target
        self._form: Form = form
        self._include = include
        self._first = True
        self._shared = shared
        self._wanted = (kind.group, kind.version, form, include)

    def line(self, told: Told) -> bytes:
        """The event's line."""
        if told.event is None:
            return self._made(told)
        key = (told.event.revision, told.kind, *self._wanted, self._first)
        found = self._shared.get(key)
        if found is None:
            found = self._shared[key] = self._made(told)
            if len(self._shared) > _KEPT:
                self._shared.popitem(last=False)
        self._first = False
        return found

    def _made(self, told: Told) -> bytes:
        obj = told.object
        if told.kind != "ERROR":
            if told.kind != "BOOKMARK":
                obj = conversion.read(self._kind, self._target, obj)
            obj = conversion.served(self._kind, obj)
            if self._form != "object":
                obj = self._shaped(told.kind, obj)
        return msgspec.json.encode({"type": told.kind, "object": obj}) + b"\n"

    def _shaped(self, kind: str, obj: Object) -> Object:
        shape = answers.shaped(self._kind, obj, self._form, self._include)
        if self._form == "table":
            if not self._first or kind == "BOOKMARK":
                shape["columnDefinitions"] = None
            self._first = self._first and kind == "BOOKMARK"
        return shape
