"""The APIServices of the group versions in which custom kinds are served; they come and go with the kinds, and come back where
somebody takes one away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Set
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.errors import StatusError
from drakkar.apiserver.resources import api_services, upkeep
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.storage.errors import StorageFailedError
from drakkar.validation.field_values import same

_LOGGER = logging.getLogger(__name__)
Wanted = Set[tuple[str, str]]
_RESOURCE = "apiregistration.k8s.io/apiservices"


class GroupVersions:
    """Brings the stored APIServices up to what is served, one after the other, in turns of their own."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._wanted: Wanted = frozenset()
        self._kept: Wanted | None = None
        self._keeping: asyncio.Task[None] | None = None
        rest.store.listen(_RESOURCE, self._heard)

    def _heard(self) -> None:
        """One was written, by whoever."""
        if self._kept is None or (self._keeping is not None and not self._keeping.done()):
            return
        held = {one["metadata"]["name"]: one for one in self._rest.store.list(_RESOURCE)}
        if any(_lacks(held.get(one["metadata"]["name"]), one) for one in api_services.custom(self._wanted)):
            self._kept = None
            self.follow(self._wanted)

    def follow(self, served: Wanted) -> None:
        """Have one for each group and version of these, and none for others that definitions brought."""
        self._wanted = served
        if self._kept == served or (self._keeping is not None and not self._keeping.done()):
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            # Before the server runs; it looks again when it does.
            return
        self._keeping = loop.create_task(self._keep())

    async def _keep(self) -> None:
        while self._kept != self._wanted and not self._rest.store.ending:
            self._kept = self._wanted
            await self._bring(self._kept)

    async def _bring(self, served: Wanted) -> None:
        """Each by itself: what is wrong with one keeps no other one away."""
        rest = self._rest
        kind = rest.kinds.named(api_services.API_VERSION, api_services.KIND)
        wanted = {one["metadata"]["name"]: one for one in api_services.custom(served)}
        for name, obj in wanted.items():
            await _one(name, upkeep.keep(rest, kind, obj))
        for held in rest.store.list(kind.resource):
            name = held["metadata"]["name"]
            if name not in wanted and api_services.is_of_custom_kinds(held):
                await _one(name, rest.delete(kind, "", name, {}))


async def _one(name: str, work: Coroutine[Any, Any, Any]) -> None:
    try:
        await work
    except (StatusError, StorageFailedError) as failure:
        _LOGGER.error("the APIService %s is not looked after: %s", name, failure)


def _lacks(held: Object | None, wanted: Object) -> bool:
    """Whether one is to be made, or to be given its spec again."""
    return held is None or (api_services.is_of_custom_kinds(held) and not same(held["spec"], wanted["spec"]))
