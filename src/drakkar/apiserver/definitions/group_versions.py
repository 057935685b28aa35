"""The APIServices of the group versions in which custom kinds are served; they come and go with the kinds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Set

from drakkar.apiserver.errors import StatusError
from drakkar.apiserver.resources import api_services, upkeep
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.storage.errors import StorageFailedError

_LOGGER = logging.getLogger(__name__)
Wanted = Set[tuple[str, str]]


class GroupVersions:
    """Brings the stored APIServices up to what is served, one after the other, in turns of their own."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._wanted: Wanted = frozenset()
        self._kept: Wanted | None = None
        self._keeping: asyncio.Task[None] | None = None

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
            try:
                await self._bring(self._kept)
            except (StatusError, StorageFailedError) as failure:
                _LOGGER.error("APIServices of custom kinds are not looked after: %s", failure)

    async def _bring(self, served: Wanted) -> None:
        rest = self._rest
        kind = rest.kinds.named(api_services.API_VERSION, api_services.KIND)
        wanted = {one["metadata"]["name"]: one for one in api_services.custom(served)}
        for obj in wanted.values():
            await upkeep.keep(rest, kind, obj)
        for held in rest.store.list(kind.resource):
            name = held["metadata"]["name"]
            if name not in wanted and api_services.is_of_custom_kinds(held):
                await rest.delete(kind, "", name, {})
