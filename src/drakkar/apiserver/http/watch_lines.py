"""Watch events as lines of JSON, in the version and the form that a client asked for; watches that tell the same
share the line."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

import msgspec

from drakkar.api.object import Object
from drakkar.apiserver import beside
from drakkar.apiserver.http import answers
from drakkar.apiserver.http.negotiation import Form
from drakkar.apiserver.kinds import conversion
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.resources.converting import Converting, is_foreign
from drakkar.apiserver.storage.watching import Told

# Lines that others may want too: those of the newest changes, in each form that somebody watches in.
_KEPT = 256
_KEPT_BYTES = 16 * 1024 * 1024
# Those who begin to watch at one time share the long lines of what is there already.
_LONG = 16 * 1024
# Such an object takes ten milliseconds to be turned into another form.
_HEAVY = 64 * 1024


class Shared:
    """Lines by what they tell and in which form; `coming` are those that are being made beside the loop."""

    def __init__(self) -> None:
        self._lines: OrderedDict[tuple[object, ...], bytes] = OrderedDict()
        self.bytes = 0
        self.coming: dict[tuple[object, ...] | None, asyncio.Future[bytes]] = {}

    def __len__(self) -> int:
        return len(self._lines)

    def get(self, key: tuple[object, ...]) -> bytes | None:
        """The line, if it is still kept."""
        return self._lines.get(key)

    def keep(self, key: tuple[object, ...], line: bytes) -> None:
        """Have a line at hand, for as long as there are few newer ones and they are not long."""
        if key in self._lines:
            return
        self._lines[key] = line
        self.bytes += len(line)
        while len(self._lines) > _KEPT or (self.bytes > _KEPT_BYTES and len(self._lines) > 1):
            _, gone = self._lines.popitem(last=False)
            self.bytes -= len(gone)


class Lines:
    """How one client wants its events. `kind` is the kind as the client names it, `target` as the objects are stored."""

    __slots__ = ("_converting", "_first", "_form", "_include", "_kind", "_shared", "_target", "_wanted")

    def __init__(
        self, kind: Kind, target: Kind, form: Form, include: str, shared: Shared, converting: Converting
    ) -> None:
        self._kind, self._target = kind, target
        self._form: Form = form
        self._include = include
        self._first = True
        self._shared = shared
        self._converting = converting
        # What custom objects are told as hangs on their definition, which may change.
        self._wanted = (kind.group, kind.version, form, include, kind.form, str(kind.webhook or ""))

    @property
    def group(self) -> tuple[object, ...] | None:
        """Equal for clients that want the same text of the same events; None for one that is told of a table's columns."""
        return None if self._form == "table" else self._wanted

    def line(self, told: Told) -> bytes:
        """The event's line."""
        key = self._key(told)
        found = None if key is None else self._shared.get(key)
        if found is None:
            found = self._made(told)
            self._keep(key, told, found)
        if told.event is not None:
            self._first = False
        return found

    def is_heavy(self, told: Told) -> bool:
        """Whether the line is not made at once: that of a large object in another form than the stored one, and of one that a
        webhook converts."""
        if (self._kind.form is None and self._kind.converter is None) or told.kind in ("BOOKMARK", "ERROR"):
            return False
        key = self._key(told)
        if key is not None and self._shared.get(key) is not None:
            return False
        return is_foreign(self._kind, told.object) or len(msgspec.json.encode(told.object)) > _HEAVY

    async def made_beside(self, told: Told) -> bytes:
        """The same as `line`, beside the loop. Those who want the same line wait for one. StatusError where a webhook fails."""
        key = self._key(told)
        making = self._shared.coming.get(key)
        if making is None:
            making = asyncio.ensure_future(self._converted(told))
            if key is not None:
                self._shared.coming[key] = making
                making.add_done_callback(lambda _: self._shared.coming.pop(key, None))
        # Who gives up waiting is not the only one who waits.
        found = await asyncio.shield(making)
        self._keep(key, told, found)
        if told.event is not None:
            self._first = False
        return found

    async def _converted(self, told: Told) -> bytes:
        (found,) = await self._converting.read(self._kind, [told.object])
        return await beside.call(beside.LIGHT + 1, self._made, told._replace(object=found))

    def _key(self, told: Told) -> tuple[object, ...] | None:
        """What a line is told from others by; None for one of its own."""
        if told.event is not None:
            # A table's columns come with its first line only.
            first = self._first and self._form == "table"
            return (told.event.revision, told.kind, *self._wanted, first)
        if told.kind != "ADDED" or self._form == "table":
            return None
        # Each write has a revision of its own, and the kind is in what is wanted.
        return ("initial", told.object["metadata"].get("resourceVersion"), *self._wanted)

    def _keep(self, key: tuple[object, ...] | None, told: Told, line: bytes) -> None:
        if key is not None and (told.event is not None or len(line) > _LONG):
            self._shared.keep(key, line)

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
