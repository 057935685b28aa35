"""Events do not stay: they go after an hour, and sooner when there are too many of them."""

from __future__ import annotations

import asyncio
import datetime
import logging

from drakkar.api.object import Object
from drakkar.api.time import time_text
from drakkar.apiserver.storage.errors import MissingError, StorageFailedError, StoreConflictError
from drakkar.apiserver.storage.store import Store

_LOGGER = logging.getLogger(__name__)
LIFETIME = datetime.timedelta(hours=1)
MOST = 20_000
_EVERY = 30.0
_AT_ONCE = 200


def _last_seen(event: Object) -> str:
    times = (event.get("lastTimestamp"), event.get("eventTime"), event["metadata"]["creationTimestamp"])
    series = (event.get("series") or {}).get("lastObservedTime")
    # Fractions of a second do not matter here, and without them the texts compare as the times do.
    return max(str(one)[:19] for one in (*times, series) if one)


async def sweep(store: Store, now: datetime.datetime, lifetime: datetime.timedelta = LIFETIME) -> int:
    """Remove what has lived long enough; the number of events that went."""
    limit = time_text(now - lifetime)[:19]
    events = sorted(store.list("/events"), key=_last_seen)
    surplus = max(len(events) - MOST, 0)
    gone = 0
    for at, event in enumerate(events):
        if at >= surplus and _last_seen(event) >= limit:
            break
        meta = event["metadata"]
        key = ("/events", meta.get("namespace", ""), meta["name"])
        try:
            await store.delete(key, meta["resourceVersion"])
        except (MissingError, StoreConflictError):
            # Somebody was faster; the next sweep looks at it again.
            continue
        gone += 1
        if gone % _AT_ONCE == 0:
            await asyncio.sleep(0)
    return gone


async def run(store: Store, lifetime: datetime.timedelta = LIFETIME) -> None:
    """Sweep now and then until cancelled."""
    while True:
        await asyncio.sleep(_EVERY)
        try:
            await sweep(store, datetime.datetime.now(datetime.UTC), lifetime)
        except StorageFailedError as failure:
            _LOGGER.error("old events could not be removed, trying again in %g s: %s", _EVERY, failure)
