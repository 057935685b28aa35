"""Writes Events: what a user sees in `kubectl describe`. Repeats are counted in one object."""

from __future__ import annotations

import asyncio
import datetime
import logging
import uuid
from collections import OrderedDict

from drakkar.api.object import Object
from drakkar.api.time import time_text
from drakkar.client.errors import ClientError, NotFoundError
from drakkar.client.resources import EVENTS
from drakkar.client.rest import Client

_log = logging.getLogger(__name__)
_REMEMBERED = 1024
# So many are written at a time, those about one object in order, and so many more may wait for each.
_LANES, _QUEUED = 8, 128
# Characters of a message. What others have said may stand in it, and drivers may answer megabytes.
_LONGEST = 10 * 1024


# Each with what repeats of it are known by.
_Lane = asyncio.Queue[tuple[tuple[str, ...], Object]]


def _now() -> str:
    return time_text(datetime.datetime.now(datetime.UTC))


class EventRecorder:
    """Records events in the background, those about one object in order; when too many wait, the newest are dropped with a log
    line.
    """

    def __init__(self, client: Client, component: str, host: str = "") -> None:
        self._client = client
        self._source = {"component": component, **({"host": host} if host else {})}
        self._seen: OrderedDict[tuple[str, ...], tuple[str, str, int]] = OrderedDict()
        self._lanes: list[_Lane] = [asyncio.Queue(_QUEUED) for _ in range(_LANES)]
        self._writing: list[asyncio.Task[None] | None] = [None] * _LANES

    def event(self, obj: Object, kind: str, reason: str, message: str, action: str = "") -> None:
        """Tell `message` of `obj`; `kind` is Normal or Warning, `action` what was done. Needs a running event loop, never
        waits.
        """
        metadata = obj["metadata"]
        if len(message) > _LONGEST:
            message = f"{message[: _LONGEST - 3]}..."
        involved = {
            "apiVersion": obj.get("apiVersion", ""),
            "kind": obj.get("kind", ""),
            "name": metadata["name"],
            "namespace": metadata.get("namespace", ""),
            "uid": metadata.get("uid", ""),
            "resourceVersion": metadata.get("resourceVersion", ""),
        }
        involved = {key: value for key, value in involved.items() if value}
        now = _now()
        body = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {
                "name": f"{metadata['name']}.{uuid.uuid4().hex[:16]}",
                "namespace": metadata.get("namespace") or "default",
            },
            "involvedObject": involved,
            "type": kind,
            "reason": reason,
            "message": message,
            "source": self._source,
            "reportingComponent": self._source["component"],
            "reportingInstance": self._source.get("host", ""),
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
            **({"action": action} if action else {}),
        }
        key = (involved.get("uid", ""), involved["name"], kind, reason, message)
        number = hash(key[:2]) % _LANES
        try:
            self._lanes[number].put_nowait((key, body))
        except asyncio.QueueFull:
            _log.warning("too many events wait; dropped %s for %s", reason, metadata["name"])
        task = self._writing[number]
        if task is None or task.done():
            writing = self._write(self._lanes[number])
            self._writing[number] = asyncio.get_running_loop().create_task(writing)

    async def flush(self, timeout: float) -> None:
        """Return once everything recorded so far is written; TimeoutError after `timeout` seconds."""
        async with asyncio.timeout(timeout):
            await asyncio.gather(*(lane.join() for lane in self._lanes))

    async def _write(self, lane: _Lane) -> None:
        while True:
            key, body = await lane.get()
            try:
                await self._put(key, body)
            except ClientError as error:
                _log.warning("event %s was not written: %s", body["reason"], error)
            finally:
                lane.task_done()

    async def _put(self, key: tuple[str, ...], body: Object) -> None:
        known = self._seen.get(key)
        namespace = body["metadata"]["namespace"]
        if known is not None:
            name, _, count = known
            change = {"count": count + 1, "lastTimestamp": body["lastTimestamp"]}
            try:
                await self._client.patch(EVENTS, name, change, namespace, "strategic")
                self._remember(key, name, namespace, count + 1)
                return
            except NotFoundError:
                del self._seen[key]
        await self._client.create(EVENTS, body, namespace)
        self._remember(key, body["metadata"]["name"], namespace, 1)

    def _remember(self, key: tuple[str, ...], name: str, namespace: str, count: int) -> None:
        self._seen[key] = (name, namespace, count)
        self._seen.move_to_end(key)
        while len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
