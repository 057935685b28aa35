"""Custom objects whose versions differ in more than their names: on their way between the version of a request and the
one in which they are stored, the definition's webhook is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from drakkar.api.object import Object
from drakkar.apiserver import beside, errors
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.registry import Registry
from drakkar.apiserver.storage.store import Store
from drakkar.apiserver.webhooks.conversion import ConversionWebhook, converted
from drakkar.apiserver.webhooks.errors import CallError
from drakkar.apiserver.webhooks.waiting import Waiting

# Of more objects nobody asks how large they are.
_FEW: Final = 16


def _weight(objects: Sequence[Object]) -> int:
    if len(objects) > _FEW:
        return beside.LIGHT + 1
    return sum(len(msgspec.json.encode(obj)) for obj in objects)


def is_foreign(kind: Kind, obj: Object) -> bool:
    """Whether a webhook must be asked before the object can be looked at as one of this kind."""
    return kind.webhook is not None and obj.get("apiVersion") != kind.api_version


class Converting:
    """Asks the webhooks of definitions; all other kinds cost nothing here."""

    def __init__(self, store: Store, kinds: Registry) -> None:
        self._store = store
        self._kinds = kinds
        self._waiting = Waiting()

    async def read(
        self, kind: Kind, objects: Sequence[Object], until: float | None = None
    ) -> Sequence[Object]:
        """Stored objects in the version of the kind, in their order; StatusError 500 where they cannot be had, 504 where that
        takes too long, or longer than `until` (monotonic)."""
        if not any(is_foreign(kind, obj) for obj in objects):
            return objects
        target = self._kinds.kept_as(kind) or kind

        def as_kept() -> Sequence[Object]:
            form = target.form
            if form is None:
                return objects
            # Defaults are those of the version that is stored; nothing is added behind the webhook's back.
            return [form.read(obj) if obj.get("apiVersion") == target.api_version else obj for obj in objects]

        return await self._asked(kind, await beside.call(_weight(objects), as_kept), kind.api_version, until)

    async def kept(self, kind: Kind, obj: Object) -> Object:
        """An object of the kind in the version in which it is to be stored; StatusError 500."""
        target = self._kinds.kept_as(kind) or kind
        if kind.webhook is None or target.version == kind.version:
            return obj
        return (await self._asked(kind, [obj], target.api_version))[0]

    async def into(self, kind: Kind, objects: Sequence[Object]) -> list[Object]:
        """Objects of a custom kind, whatever their version, in that of the kind; StatusError as in `read`, TooHeavyError where
        they become too large for the event loop, on which others are about to look at them."""
        made = await self._asked(kind, objects, kind.api_version)
        beside.demand(sum(len(msgspec.json.encode(one)) for one in made))
        form = kind.form
        return (
            made if form is None else [{**form.served(one), "apiVersion": kind.api_version} for one in made]
        )

    async def _asked(
        self, kind: Kind, objects: Sequence[Object], wanted: str, until: float | None = None
    ) -> list[Object]:
        webhook = ConversionWebhook.of(kind.webhook or {}, kind.resource, self._waiting)
        try:
            return await converted(self._store, webhook, objects, wanted, until)
        except CallError as failure:
            raise errors.StatusError(500, "", str(failure)) from None
