"""Heavy work is done beside the event loop, by one thread: everyone else is served meanwhile, and whoever sends much
waits for the others who do."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import functools
import queue
import threading
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from drakkar.collector import nothing_collected

T = TypeVar("T")
P = ParamSpec("P")

# Bytes of a request and of what it is about; work on less takes well under 20 ms.
LIGHT = 16 * 1024
# How long a thread keeps the interpreter while others wait for it; the usual 5 ms add up over a request.
SWITCH = 0.001
# The loop takes a write at once, unless the server is going down.
_BACK = 10.0


class TooHeavyError(Exception):
    """What is on the event loop turns out to be much work: it is to be done again, beside it."""


class _Worker(concurrent.futures.Executor):
    """One thread, which does not keep the process from ending, whatever it is at: nobody waits for its work any more."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[tuple[concurrent.futures.Future[Any], Callable[[], Any]]] = (
            queue.SimpleQueue()
        )
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None

    def submit(
        self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> concurrent.futures.Future[T]:
        """Have the thread call a function when it has done what came before."""
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        with self._start:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._work, name="heavy", daemon=True)
                self._thread.start()
        self._waiting.put((future, functools.partial(fn, *args, **kwargs)))
        return future

    def _work(self) -> None:
        while True:
            _work_off(*self._waiting.get())


def _work_off(future: concurrent.futures.Future[Any], function: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = function()
    except BaseException as failure:
        future.set_exception(failure)
    else:
        future.set_result(result)


_WORKER = _Worker()
_here = threading.local()


async def call(weight: int, function: Callable[..., T], *arguments: Any) -> T:
    """The function's result; what is beside the loop already calls it there."""
    if weight <= LIGHT or is_aside():
        return function(*arguments)
    return await asyncio.get_running_loop().run_in_executor(_WORKER, _called, function, *arguments)


def _called(function: Callable[..., T], *arguments: Any) -> T:
    with nothing_collected():
        return function(*arguments)


class _Away:
    """What heavy work has done on the loop, which may take long: the thread is for others meanwhile."""

    def __init__(self, make: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        self.make = make

    def __await__(self) -> Any:
        return (yield self)


class _Ended:
    """A coroutine came to its end with this."""

    def __init__(self, result: Any) -> None:
        self.result = result


async def run(weight: int, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The coroutine's result. It may await nothing but what goes `back` to the loop, or `away`."""
    if weight <= LIGHT:
        return await make()
    loop = asyncio.get_running_loop()
    coroutine = make()
    try:
        step = await loop.run_in_executor(_WORKER, _driven, loop, coroutine.send, None)
        while not isinstance(step, _Ended):
            try:
                brought = await step.make()
            except Exception as failure:
                step = await loop.run_in_executor(_WORKER, _driven, loop, coroutine.throw, failure)
            else:
                step = await loop.run_in_executor(_WORKER, _driven, loop, coroutine.send, brought)
        result: T = step.result
        return result
    finally:
        # Whoever gives up waiting does not stop a thread that is at work on it.
        with contextlib.suppress(ValueError):
            coroutine.close()


def _driven(loop: asyncio.AbstractEventLoop, go_on: Callable[[Any], Any], brought: Any) -> _Away | _Ended:
    _here.loop = loop
    try:
        with nothing_collected():
            step = go_on(brought)
    except StopIteration as ended:
        return _Ended(ended.value)
    finally:
        _here.loop = None
    if not isinstance(step, _Away):
        raise RuntimeError("heavy work awaited something that only the loop can give")
    return step


async def away(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The result of a coroutine that waits for others, from wherever this is: it runs on the loop, and nothing is held up."""
    if not is_aside():
        return await make()
    result: T = await _Away(make)
    return result


async def back(function: Callable[..., T], *arguments: Any) -> T:
    """Call a function where the loop runs, from wherever this is."""
    loop: asyncio.AbstractEventLoop | None = getattr(_here, "loop", None)
    if loop is None:
        return function(*arguments)

    async def called() -> T:
        return function(*arguments)

    return asyncio.run_coroutine_threadsafe(called(), loop).result(_BACK)


def is_aside() -> bool:
    """Whether this runs beside the loop, where nobody waits for it."""
    return getattr(_here, "loop", None) is not None


def demand(weight: int) -> None:
    """Raises TooHeavyError for heavy work that is about to be done on the loop."""
    if weight > LIGHT and not is_aside():
        raise TooHeavyError


class Pauses:
    """For long work on the loop itself: lets the others have a turn now and then."""

    def __init__(self, seconds: float = 0.008) -> None:
        self._seconds = seconds
        self._until = 0.0

    def __await__(self) -> Any:
        now = asyncio.get_running_loop().time()
        if not self._until:
            self._until = now + self._seconds
        elif now > self._until:
            yield
            self._until = asyncio.get_running_loop().time() + self._seconds
