"""Stopping: the event that tells a process to end, and work that goes on until it is set.

It stands on nothing, since `drakkar up` begins before anything that takes long to import.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

_Result = TypeVar("_Result")


def stopped_by(*signals: signal.Signals) -> asyncio.Event:
    """An event that each of these signals, SIGINT and SIGTERM where none is named, sets from now on instead of what it does
    otherwise. For the loop that runs, on the main thread.
    """
    stop = asyncio.Event()
    for number in signals or (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def done_unless(stop: asyncio.Event, work: Coroutine[Any, Any, _Result]) -> _Result | None:
    """What `work` comes to or fails by, or None once `stop` is set before its end: it is cancelled then, and has ended."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for task in (working, stopping):
            task.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)
