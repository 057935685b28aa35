"""Work that goes on until it is told to stop, and what was recorded of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Iterable
from typing import Any

from drakkar.client.events import EventRecorder

_LAST_EVENTS_SECONDS = 2.0


async def until_stopped(
    work: Coroutine[Any, Any, None], stop: asyncio.Event, recorders: Iterable[EventRecorder]
) -> None:
    """Do `work` until `stop` is set or it ends, raising what went wrong in it; the last events are then written, for 2 s at
    most each recorder.
    """
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        for task in (working, stopping):
            task.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)
        for events in recorders:
            with contextlib.suppress(TimeoutError):
                await events.flush(_LAST_EVENTS_SECONDS)
