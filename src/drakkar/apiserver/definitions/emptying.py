"""The objects of custom kinds that go: all of them are deleted, one after the other, while everybody else is served."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import logging
from collections.abc import Callable, Sequence

from drakkar.api.object import Object
from drakkar.apiserver import beside
from drakkar.apiserver.errors import StatusError
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.storage.errors import MissingError

# Until what could not be deleted is tried again.
_AGAIN_S = 5.0
_LOGGER = logging.getLogger(__name__)


class Emptying:
    """`told(name)` is called when the objects of a definition may be gone."""

    def __init__(self, rest: Rest, told: Callable[[str], None]) -> None:
        self._rest, self._store, self._told = rest, rest.store, told
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._listened: set[str] = set()

    def is_done(self, name: str, kinds: Sequence[Kind]) -> bool:
        """Whether a definition's kinds have no objects; where they have some these are being deleted from now on."""
        kind = next(iter(kinds), None)
        if kind is None or not self._count(kind.resource):
            self._tasks.pop(name, None)
            return True
        if kind.resource not in self._listened:
            self._listened.add(kind.resource)
            self._store.listen(kind.resource, functools.partial(self._changed, name, kind.resource))
        # Nobody is shown what goes, so that no webhook can hold it back.
        self._begin(name, dataclasses.replace(kind, webhook=None))
        return False

    def _count(self, resource: str) -> int:
        return self._store.counts().get(resource, 0)

    def _changed(self, name: str, resource: str) -> None:
        if name in self._tasks and not self._count(resource):
            self._told(name)

    def _begin(self, name: str, kind: Kind) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            # Before the server runs; it begins with the next look at the definitions.
            return
        task = self._tasks.get(name)
        if task is None or task.done() or task.get_loop() is not loop:
            self._tasks[name] = loop.create_task(self._empty(kind))

    async def _empty(self, kind: Kind) -> None:
        pauses = beside.Pauses()
        while not self._store.ending:
            left = False
            for obj in self._store.list(kind.resource):
                await pauses
                if "deletionTimestamp" not in obj["metadata"]:
                    left = not await self._lets_go(kind, obj["metadata"]) or left
            if not left:
                # Those that are still there have finalizers: it is heard of when they go.
                return
            await asyncio.sleep(_AGAIN_S)

    async def _lets_go(self, kind: Kind, meta: Object) -> bool:
        """Whether an object is gone or on its way."""
        try:
            await self._rest.delete(kind, meta.get("namespace") or "", meta["name"], {})
        except MissingError:
            return True
        except Exception as failure:
            if isinstance(failure, StatusError) and failure.code == 404:
                return True
            _LOGGER.warning("%s %s cannot be deleted: %s", kind.resource, meta["name"], failure)
            return False
        return True
