"""Work that goes on until it is told to stop, whatever goes wrong in it, and what was recorded of it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, TypeVar

from drakkar.client.events import EventRecorder
from drakkar.stopping import done_unless

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")
_LAST_EVENTS_SECONDS = 2.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0


async def until_stopped(
    work: Coroutine[Any, Any, None], stop: asyncio.Event, recorders: Iterable[EventRecorder]
) -> None:
    """Do `work` until `stop` is set or it ends, raising what went wrong in it; the last events are then written, for 2 s at
    most each recorder.
    """
    try:
        await done_unless(stop, work)
    finally:
        for events in recorders:
            with contextlib.suppress(TimeoutError):
                await events.flush(_LAST_EVENTS_SECONDS)


def is_cancelled() -> bool:
    """Is it the running task that a CancelledError is meant for?

    If not, something that it waited for was cancelled by somebody else, and that is a failure like any other.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def keep_up(
    what: str,
    work: Callable[[], Coroutine[Any, Any, _Result]],
    tell: Callable[[str], None] = lambda text: None,
) -> _Result:
    """Do `work` until it returns, beginning anew whenever it fails: at once the first time, then after pauses that grow to a
    minute. Each failure is logged, and `tell` hears of it in a sentence.
    """
    pause = 0.0
    loop = asyncio.get_running_loop()
    while True:
        begun = loop.time()
        try:
            return await work()
        except asyncio.CancelledError as error:
            if is_cancelled():
                raise
            failure: BaseException = error
        except Exception as error:
            failure = error
        if loop.time() - begun >= _LONGEST_PAUSE:
            pause = 0.0
        _log.error("%s failed, beginning anew in %g s", what, pause, exc_info=failure)
        tell(f"{what} failed and begins anew: {failure!r}")
        await asyncio.sleep(pause)
        pause = min(max(2 * pause, _FIRST_PAUSE), _LONGEST_PAUSE)


async def keep_all_up(
    works: Mapping[str, Callable[[], Coroutine[Any, Any, None]]],
    tell: Callable[[str], None] = lambda text: None,
) -> None:
    """Do works by what they are called, side by side, each begun anew by itself when it fails; see `keep_up`."""
    async with asyncio.TaskGroup() as group:
        for what, work in works.items():
            group.create_task(keep_up(what, work, tell))
