"""What all controllers have in common: a queue of keys, what must be known before they start, and how they run."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol

from drakkar.client import ApiError, ConflictError, WorkQueue, run_workers
from drakkar.controllers.machinery.mirror import Mirror, Mirrors
from drakkar.controllers.machinery.podwork import namespace_is_ending

_log = logging.getLogger(__name__)
_SYNC_LIMIT = 60.0
# Long enough for the watch to bring what the conflict was about.
_AFTER_CONFLICT = 0.05


class Controller(Protocol):
    """Brings the world closer to one object's specification at a time; `reconcile` may be called at any time."""

    name: str
    workers: int
    queue: WorkQueue[Any]

    @property
    def needs(self) -> tuple[Mirror[Any], ...]: ...

    async def reconcile(self, key: Any) -> None: ...


def quietly(controller: Controller) -> Callable[[Any], Awaitable[None]]:
    """`reconcile`, with what is everyday between controllers kept out of the log."""

    async def reconcile(key: Any) -> None:
        try:
            await controller.reconcile(key)
        except ConflictError:
            controller.queue.add_after(key, _AFTER_CONFLICT)
        except ApiError as error:
            if not namespace_is_ending(error):
                raise
            _log.debug("%s: %s: its namespace is being deleted", controller.name, key)

    return reconcile


async def run_controller(controller: Controller) -> None:
    """Work until cancelled, beginning when everything needed is known: half a picture leads to wrong deletions."""
    for mirror in controller.needs:
        while True:
            try:
                await mirror.informer.wait_synced(_SYNC_LIMIT)
                break
            except TimeoutError:
                _log.warning("%s waits for %s", controller.name, mirror.resource.plural)
    _log.info("%s started", controller.name)
    await run_workers(controller.queue, quietly(controller), controller.workers)


async def run_controllers(mirrors: Mirrors, controllers: Iterable[Controller]) -> None:
    """Have these work until cancelled, and the mirrors that they share follow the server."""
    async with asyncio.TaskGroup() as group:
        mirrors.start(group)
        for controller in controllers:
            group.create_task(run_controller(controller))
