"""Keeps the ResourceSlices in the API server equal to what a driver wants."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from drakkar.client import Client, Informer, NotFoundError, WorkQueue, run_workers
from drakkar.client.changes import Change, Deleted
from drakkar.client.lifetime import keep_all_up
from drakkar.client.resources import NODES, RESOURCESLICES
from drakkar.driver.errors import FieldsDroppedError, InvalidPoolsError
from drakkar.driver.publish.slice_diff import Owner, Pool, Taken, as_sent, diff_pool, validate
from drakkar.driver.publish.slice_names import BY_INDEX, SliceNames

_log = logging.getLogger(__name__)
# Others' writes are looked at late: mostly they are echoes of our own.
EVENT_DELAY_SECONDS = 30.0
# One that is gone is missed at once.
_GONE_SECONDS = 1.0


async def _find_node(client: Client, owner: Owner) -> Owner:
    """A node as an owner, with the UID that it has now: it may be deleted and made again while its driver runs."""
    node = await client.get(NODES, owner.name)
    return replace(owner, uid=node["metadata"]["uid"])


class SliceController:
    """One worker that reconciles pools by name; reads are live, so it never acts on a stale cache.

    An owner without a UID is a node, whose UID is looked up for each write.
    """

    def __init__(
        self,
        client: Client,
        driver: str,
        owner: Owner | None,
        on_error: Callable[[Exception], None] | None = None,
        event_delay: float = EVENT_DELAY_SECONDS,
        names: SliceNames = BY_INDEX,
    ) -> None:
        self._client = client
        self._driver = driver
        self._owner = owner
        self._on_error = on_error or (lambda error: _log.error("publishing ResourceSlices: %s", error))
        self._event_delay = event_delay
        self._names = names
        self._pools: dict[str, Pool] = {}
        self._queue: WorkQueue[str] = WorkQueue()
        # By uid, what the server did not keep as it was sent.
        self._taken: dict[str, Taken] = {}
        self._task: asyncio.Task[None] | None = None
        node = owner.name if owner is not None and owner.kind == "Node" else ""
        self._selector = f"spec.driver={driver},spec.nodeName={node}"

    def publish(self, pools: Mapping[str, Pool]) -> None:
        """Replace the desired state; old and new pools are reconciled soon."""
        names = set(self._pools) | set(pools)
        self._pools = dict(pools)
        for name in sorted(names):
            self._queue.add(name)

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"slices-{self._driver}")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        informer = Informer(self._client, RESOURCESLICES, field_selector=self._selector)
        informer.add_handler(self._on_event)
        # Nobody waits for this task, so that its end would be seen by nobody.
        await keep_all_up(
            {
                "the watch of ResourceSlices": informer.run,
                "the publishing of ResourceSlices": lambda: run_workers(self._queue, self.sync, workers=1),
            }
        )

    def _on_event(self, change: Change) -> None:
        slice_ = change.old if change.new is None else change.new
        gone = isinstance(change, Deleted)
        delay = min(_GONE_SECONDS, self._event_delay) if gone else self._event_delay
        self._queue.add_after(slice_["spec"]["pool"]["name"], delay)

    async def sync(self, name: Any) -> None:
        """Bring one pool in line; an API error propagates so that the queue retries."""
        try:
            validate(self._pools)
        except InvalidPoolsError as error:
            self._on_error(error)
            return
        try:
            await self._write(str(name))
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self._on_error(error)
            raise

    async def _write(self, name: str) -> None:
        found = await self._client.list(RESOURCESLICES, field_selector=self._selector)
        existing = [item for item in found.get("items") or () if item["spec"]["pool"]["name"] == name]
        seen = as_sent(existing, self._taken)
        owner, pool = self._owner, self._pools.get(name)
        if owner is not None and not owner.uid and pool is not None:
            owner = await _find_node(self._client, owner)
        changes = diff_pool(self._driver, name, pool, seen, owner, self._names)
        for item in changes.delete:
            meta = item["metadata"]
            try:
                await self._client.delete(
                    RESOURCESLICES, meta["name"], uid=meta["uid"], resource_version=meta["resourceVersion"]
                )
            except NotFoundError:
                pass
            self._taken.pop(meta["uid"], None)
        for item in changes.update:
            item.setdefault("apiVersion", "resource.k8s.io/v1")
            item.setdefault("kind", "ResourceSlice")
            self._took(item["spec"], await self._client.update(RESOURCESLICES, item))
        for item in changes.create:
            stored = await self._client.create(RESOURCESLICES, item)
            self._took(item["spec"], stored)
            _log.info(
                "created ResourceSlice %s with %d devices",
                stored["metadata"]["name"],
                len(item["spec"].get("devices") or ()),
            )

    def _took(self, sent: Mapping[str, Any], stored: Mapping[str, Any]) -> None:
        taken, uid = Taken(sent, stored["spec"]), stored["metadata"]["uid"]
        dropped = taken.dropped
        if not dropped:
            self._taken.pop(uid, None)
            return
        before = self._taken.get(uid)
        self._taken[uid] = taken
        if before is None or before.dropped != dropped:
            self._on_error(FieldsDroppedError(stored["metadata"]["name"], dropped))
