"""Commits writes in groups: those that come while one group goes to the disk are the next, so that many share one wait."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Group(Generic[T]):
    """Writes that are committed together, and who waits for that."""

    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[None]
    writes: list[T] = field(default_factory=list)


class Commits(Generic[T]):
    """A queue of writes. All but the commit itself is done on the event loop.

    `commit` puts writes on the disk, on a thread of its own, and raises where it cannot. `committed` hears of
    those that are there. `failed` hears, in their order, of all that are not and will not be; its answer is what those who
    wait for them are told, or None where the first group is to be tried once more.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[T]], None],
        committed: Callable[[Sequence[T]], None],
        failed: Callable[[Sequence[T], Sequence[T], Exception], Exception | None],
    ) -> None:
        self._commit, self._committed, self._failed = commit, committed, failed
        self._thread = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="commits")
        self._open: _Group[T] | None = None
        self._going: _Group[T] | None = None
        self._result: concurrent.futures.Future[None] | None = None

    def add(self, write: T) -> None:
        """Have a write committed soon."""
        loop = asyncio.get_running_loop()
        for left in (self._going, self._open):
            if left is not None and left.loop is not loop:
                # Its loop may have ended.
                self.flush()
                break
        if self._open is None:
            self._open = _Group(loop, loop.create_future())
            # Nobody may be waiting for it.
            self._open.done.add_done_callback(lambda done: done.cancelled() or done.exception())
            if self._going is None:
                # What is ready to be done on the loop may still come along.
                loop.call_soon(self._next)
        self._open.writes.append(write)

    async def wait(self) -> None:
        """Return when all that has been added is committed; raises what `failed` says where it is not."""
        group = self._open or self._going
        if group is not None:
            await asyncio.shield(group.done)

    def flush(self) -> None:
        """Commit all that has been added, here and now; who waits for it learns whether that was possible."""
        while (group := self._going or self._open) is not None:
            if self._going is None:
                self._going, self._open = group, None
                self._result = self._thread.submit(self._commit, group.writes)
            if self._result is not None:
                self._end(group, self._result.exception())

    def close(self) -> None:
        """Commit what is left, and let the thread go."""
        self.flush()
        self._thread.shutdown()

    def _next(self) -> None:
        if self._going is not None or self._open is None:
            return
        group, self._open = self._open, None
        self._going = group
        self._submit(group)

    def _submit(self, group: _Group[T]) -> None:
        self._result = result = self._thread.submit(self._commit, group.writes)

        def back(done: concurrent.futures.Future[None]) -> None:
            try:
                group.loop.call_soon_threadsafe(self._came_back, group, done)
            except RuntimeError:
                # The loop has ended; the next write, or the end, looks after it.
                return

        result.add_done_callback(back)

    def _came_back(self, group: _Group[T], done: concurrent.futures.Future[None]) -> None:
        # It may have been waited for meanwhile.
        if group is self._going and done is self._result:
            self._end(group, done.exception())
            if self._going is None:
                self._next()

    def _end(self, group: _Group[T], failure: BaseException | None) -> None:
        if failure is None:
            self._going = None
            self._committed(group.writes)
            _settle(group, None)
            return
        if not isinstance(failure, Exception):
            raise failure
        later = self._open
        told = self._failed(group.writes, later.writes if later else (), failure)
        if told is None:
            self._submit(group)
            return
        self._going = self._open = None
        for one in (group, later):
            if one is not None:
                _settle(one, told)


def _settle(group: _Group[T], failure: Exception | None) -> None:
    if group.done.done() or group.loop.is_closed():
        return
    if failure is None:
        group.done.set_result(None)
    else:
        group.done.set_exception(failure)
