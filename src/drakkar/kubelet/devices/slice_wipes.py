"""ResourceSlices of drivers that are gone are deleted, so that no pod is placed for devices that nobody can prepare.

As upstream's kubelet: all of the node's when it starts, for no driver has registered by then, and those of one driver half a
minute after its last plugin has gone or does not answer any more. A driver that is there publishes them again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from drakkar.client import Client, ClientError, NotFoundError
from drakkar.client.resources import RESOURCESLICES

_log = logging.getLogger(__name__)
GRACE_SECONDS = 30.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 300.0

Wipe = Callable[[str], Awaitable[None]]


def wipe_by(client: Client, node: str) -> Wipe:
    """Deletes the slices of one driver on a node, of all drivers where none is named."""

    async def wipe(driver: str) -> None:
        selector = f"spec.nodeName={node}" + (f",spec.driver={driver}" if driver else "")
        await client.delete_collection(RESOURCESLICES, field_selector=selector)

    return wipe


class SliceWipes:
    """`drivers` tells which are registered, and of each whether it is connected; `look` is to be called when they change."""

    def __init__(
        self, wipe: Wipe, drivers: Callable[[], Mapping[str, bool]], grace: float = GRACE_SECONDS
    ) -> None:
        self._wipe, self._drivers, self._grace = wipe, drivers, grace
        self._known: set[str] = set()
        self._pending: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Wipe all, then those of whoever goes, until cancelled."""
        try:
            await self._persistently("")
            await asyncio.Event().wait()
        finally:
            for task in self._pending.values():
                task.cancel()
            await asyncio.gather(*self._pending.values(), return_exceptions=True)

    def look(self) -> None:
        """Drivers have come or gone, or their connections."""
        registered = self._drivers()
        there = {driver for driver, connected in registered.items() if connected}
        self._known |= registered.keys()
        for driver in there & self._pending.keys():
            self._pending.pop(driver).cancel()
        for driver in sorted(self._known - there - self._pending.keys()):
            self._pending[driver] = asyncio.create_task(self._later(driver))

    async def _later(self, driver: str) -> None:
        await asyncio.sleep(self._grace)
        await self._persistently(driver)
        self._pending.pop(driver, None)
        self._known.discard(driver)

    async def _persistently(self, driver: str) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                await self._wipe(driver)
            except NotFoundError:
                # A cluster without devices.
                return
            except ClientError as failure:
                _log.warning("ResourceSlices of %s stay for now: %s", driver or "all drivers", failure)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                if driver:
                    _log.info("DRA driver %s has gone, and its ResourceSlices with it", driver)
                return
