"""An object on its way through mutating policies, in the version by which they match."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec

from drakkar.api.object import Object
from drakkar.apiserver import beside, errors
from drakkar.apiserver.kinds import conversion, kind_schema
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.registry import Registry
from drakkar.apiserver.patch.errors import PatchError
from drakkar.apiserver.policies.configuration import MOST, TOO_LARGE, configured
from drakkar.apiserver.policies.mutating_policy import Mutation
from drakkar.apiserver.policies.operations import operated
from drakkar.apiserver.policies.request import AdmissionRequest, Typed
from drakkar.apiserver.policies.variables import Versioned
from drakkar.apiserver.schema import schemas
from drakkar.apiserver.schema.node import SchemaNode
from drakkar.apiserver.wire import decoding

_NO_INTEGER: Final = re.compile("^json: cannot unmarshal number into .* of type (int[0-9]+)$")


class Way(NamedTuple):
    """How a write looks at its object. `seen` is what there is of it for whoever may still change it, `made_again` what a
    changed one would be if the client had sent it."""

    seen: Callable[[Object], Object]
    made_again: Callable[[Object], Object]


class View:
    """An object as policies see it that match by one version of its resource, on its way through them."""

    def __init__(
        self, kinds: Registry, way: Way, request: AdmissionRequest, kind: Kind, whole: Object
    ) -> None:
        self._kinds = kinds
        self._way = way
        self._kind = kind
        self._typed = request.typed(kind)
        self.whole = whole
        self.about = Versioned(request, kind)
        self.changed = False

    @property
    def seen(self) -> Object:
        """The object as it is now, in the version in which it is looked at."""
        found = self.about.request.new
        assert found is not None
        return found

    async def change(self, mutation: Mutation, value: Any) -> None:
        """Change it; PatchError where that cannot be done, StatusError 500 for what is no such object any more, TooHeavyError for
        what gets too large for the event loop."""
        whole = self._way.made_again(await self._changed(mutation, value))
        # Each mutation may add to what those before it have made.
        size = len(msgspec.json.encode(whole))
        beside.demand(size)
        if size > MOST:
            raise PatchError(TOO_LARGE)
        self.changed = True
        self.whole = whole
        request = dataclasses.replace(self.about.request, new=self._way.seen(self.whole))
        await request.shown(self._kind)
        self.about = Versioned(request, self._kind)

    async def _changed(self, mutation: Mutation, value: Any) -> Object:
        obj = self.about.request.versioned(self._kind, self.seen)
        assert obj is not None
        try:
            if mutation.by_operations:
                return await self._read(operated(value, obj), strict=True)
            return await self._read(configured(value, obj, self._typed, self._schema()), strict=False)
        except RecursionError:
            raise PatchError("what is to be changed is nested too deeply") from None

    @property
    def _is_own(self) -> bool:
        return self._typed.kind == self._kind.kind

    def _schema(self) -> SchemaNode | None:
        typed, kind = self._typed, self._kind
        if self._is_own:
            return kind_schema.node(kind)
        # Upstream looks it up among what is published for its version, where it is only if its kind is of that version, too.
        if (typed.group, typed.version) != (kind.group, kind.version) or not schemas.definition_name(*typed):
            return None
        return schemas.schema(*typed)

    async def _read(self, changed: Any, *, strict: bool) -> Object:
        """A changed object in the version in which it is looked at."""
        try:
            if self._is_own:
                fitting, unknown = kind_schema.fit(self._kind, changed)
            else:
                fitting, unknown = decoding.fit(*self._typed, changed)
        except decoding.WrongTypeError as failure:
            if strict:
                raise errors.internal(str(failure)) from None
            raise PatchError(_unconverted(self._typed, str(failure))) from None
        if unknown and strict and self._kind.form is None:
            said = ", ".join(f'unknown field "{path}"' for path in unknown)
            raise errors.internal(f"strict decoding error: {said}")
        if not self._is_own:
            return fitting
        if self._kind.form is not None:
            return await self.about.request.read_back(self._kind, fitting)
        return conversion.stored(self._kind, self._kinds.stored(self._kind.resource), fitting)


def _unconverted(typed: Typed, why: str) -> str:
    """Why what fits a configuration's schema is no object of its type, in upstream's words."""
    if number := _NO_INTEGER.search(why):
        why = f"cannot convert float64 to {number[1]}"
    elif why.startswith("illegal base64"):
        why = f"error decoding from json: {why}"
    version = f"{typed.group}/{typed.version}"
    return f"unable to convert unstructured object to {version}, Kind={typed.kind}: {why}"
