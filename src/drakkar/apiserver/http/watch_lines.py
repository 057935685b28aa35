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
_KEPT_BYTES = 16 * 1024 * 1024
# Those who begin to watch at one time share the long lines of what is there already.
_LONG = 16 * 1024


class Shared:
    """Lines by what they tell and in which form."""

    def __init__(self) -> None:
        self._lines: OrderedDict[tuple[object, ...], bytes] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._lines)

    def get(self, key: tuple[object, ...]) -> bytes | None:
        """The line, if it is still kept."""
        return self._lines.get(key)

    def keep(self, key: tuple[object, ...], line: bytes) -> None:
        """Have a line at hand, for as long as there are few newer ones and they are not long."""
        self._lines[key] = line
        self.bytes += len(line)
        while len(self._lines) > _KEPT or (self.bytes > _KEPT_BYTES and len(self._lines) > 1):
            _, gone = self._lines.popitem(last=False)
            self.bytes -= len(gone)


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
            return self._initial(told)
        key = (told.event.revision, told.kind, *self._wanted, self._first)
        found = self._shared.get(key)
        if found is None:
            found = self._made(told)
            self._shared.keep(key, found)
        self._first = False
        return found

    def _initial(self, told: Told) -> bytes:
        if told.kind != "ADDED" or self._form == "table":
            return self._made(told)
        # Each write has a revision of its own, and the kind is in what is wanted.
        key = ("initial", told.object["metadata"].get("resourceVersion"), *self._wanted)
        found = self._shared.get(key)
        if found is None:
            found = self._made(told)
            if len(found) > _LONG:
                self._shared.keep(key, found)
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
