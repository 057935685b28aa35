"""How the objects of one version of a custom kind are held: fitted to its schema as they come, are read and are stored."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

from drakkar.api.object import Object
from drakkar.apiserver.custom import embedded, expression_rules, patterns, published
from drakkar.apiserver.custom.defaulting import Room, fill
from drakkar.apiserver.custom.pruning import Unknown, drop_nulls, pruned
from drakkar.apiserver.custom.schema import Schema, remembered
from drakkar.apiserver.schema import schemas
from drakkar.apiserver.schema.node import SchemaNode
from drakkar.apiserver.wire import decoding, nesting

_SCHEMA_SHARE = 8
# Whose fields they are is told a few levels deeper, and is sent along with what was read.
_DEEPEST = nesting.DEEPEST - 8
_MOST_SOUND = 10_000
# What was read last is kept, so that what is checked beside the loop is not read again on it.
_KEPT = 64


class Form:
    """One version's form. What it is given it leaves as it is; what it gives shares with that what has no schema."""

    def __init__(
        self,
        schema: Schema,
        group: str,
        version: str,
        kind: str,
        list_kind: str,
        selectable: Iterable[str] = (),
    ) -> None:
        self.schema = schema
        self.list_kind = list_kind
        self.type_name = published.type_name(group, version, kind)
        self.list_name = published.type_name(group, version, list_kind)
        self.published = published.published(schema, group, version, kind, selectable)
        self.published_list = published.published_list(
            self.type_name, self.published, group, version, list_kind
        )
        self.digest = hashlib.sha256(msgspec.json.encode(self.published)).hexdigest()
        # Work on an object is more by a large schema.
        self.weight = len(msgspec.json.encode(schema.source)) // _SCHEMA_SHARE
        self.weight += expression_rules.weight(schema) + patterns.weight(schema)
        self.has_rules = expression_rules.has_rules(schema)
        # What is stored is seldom other than it is read; these are the very objects that were found so.
        self._sound: dict[int, Object] = {}
        self.node = SchemaNode(schemas.definitions(), self.published)

    def fit(self, obj: Object) -> tuple[Object, list[str]]:
        """An object as it came in with the defaults it lacks, and the paths of fields that are not known.

        Raises WrongTypeError.
        """
        if nesting.too_deep(_content(obj), _DEEPEST):
            raise decoding.WrongTypeError(f"the object is nested deeper than {_DEEPEST} levels")
        if nesting.too_many(obj):
            raise decoding.WrongTypeError(f"the object holds more than {nesting.MOST} lists and objects")
        unknown, strange = Unknown(), Unknown()
        metadata = None
        if obj.get("metadata") is not None:
            metadata = embedded.fit_metadata(obj["metadata"], strange, (None, "metadata"))
        new: Object = pruned(obj, self.schema, unknown)
        drop_nulls(new, self.schema)
        embedded.fit(_content(new), self.schema, strange)
        room = Room()
        fill(new, self.schema, room)
        if room.is_full:
            raise decoding.WrongTypeError("the object is too large with its defaults")
        if metadata is not None:
            new["metadata"] = metadata
        else:
            new.pop("metadata", None)
        return new, [*strange.listed(), *unknown.listed()]

    def stored(self, obj: Object) -> Object:
        """An object of any version, as this version stores it."""
        return self._known(obj)

    def read(self, obj: Object) -> Object:
        """An object that this version stores, with the defaults that have come since."""
        if self._sound.get(id(obj)) is obj:
            return obj
        new = self._known(obj)
        fill(new, self.schema)
        if new != obj:
            return new
        if len(self._sound) >= _MOST_SOUND:
            self._sound.clear()
        self._sound[id(obj)] = obj
        return obj

    def served(self, obj: Object) -> Object:
        """An object that has been read in the version that stores it, in this one."""
        return self._known(obj)

    def _known(self, obj: Object) -> Object:
        new: Object = pruned(obj, self.schema)
        drop_nulls(new, self.schema)
        return new


def _content(obj: Object) -> Object:
    return {name: value for name, value in obj.items() if name != "metadata"}


def form_of(
    source: Object, group: str, version: str, kind: str, list_kind: str, selectable: tuple[str, ...]
) -> Form:
    """The form by a JSON schema; of equal ones it may be the same."""
    return _made(remembered(source), group, version, kind, list_kind, selectable)


@functools.lru_cache(_KEPT)
def _made(schema: Schema, *more: Any) -> Form:
    return Form(schema, *more)
