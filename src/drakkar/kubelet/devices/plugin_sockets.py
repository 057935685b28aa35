"""Follows the kubelet's registry directory: meets whoever listens at a socket there, and takes leave when the socket goes.

Whoever may write there may leave any number of anything. Each socket has a task of its own, so that one that does not
answer holds up no other, and what is known already is never given up for what is new.
"""

from __future__ import annotations

import asyncio
import logging
import os
import stat
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from drakkar.kubelet.devices.one_line import one_line
from drakkar.kubelet.host.directory_watch import DirectoryWatch

_log = logging.getLogger(__name__)
# Where the directory cannot be watched it is looked at this often, and where it can, this seldom: for what was missed.
POLL_SECONDS, LOOK_SECONDS = 0.2, 30.0
RETRY_SECONDS = 2.0
# A socket is there a moment before somebody listens; who does not answer is asked again soon, then less and less often.
FIRST_RETRY_SECONDS = 0.02
MAX_SOCKETS = 4096
# How many are asked at once: of those that are asked for the first time, and of the others.
AT_ONCE = 64

_Identity = tuple[int, int, int]


class RefusedError(Exception):
    """Somebody listens at the socket whom the kubelet cannot take."""


@dataclass(slots=True)
class _Socket:
    """A socket and the task that meets its owner; `tried` once that was tried."""

    identity: _Identity
    task: asyncio.Task[None] | None = None
    tried: asyncio.Event = field(default_factory=asyncio.Event)


class PluginSockets:
    """`meet` is called with a socket's path and raises what goes wrong, RefusedError for whom it cannot take; `leave` when a
    socket that was tried is gone, or is to be tried again.
    """

    def __init__(
        self,
        directory: Path,
        meet: Callable[[str], Awaitable[None]],
        leave: Callable[[str], Awaitable[None]],
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._directory = directory
        self._meet = meet
        self._leave = leave
        self._poll = poll_seconds
        self._sockets: dict[str, _Socket] = {}
        self._first = asyncio.Semaphore(AT_ONCE)
        self._again = asyncio.Semaphore(AT_ONCE)
        # Those that are tried again, and the seconds until then.
        self.retries: dict[str, float] = {}

    async def run(self) -> None:
        """Follow the directory until cancelled."""
        watch: DirectoryWatch | None = None
        try:
            while True:
                if watch is None or watch.lost:
                    watch = self._watch(watch)
                # After the watch was made: what comes while we look is told.
                await self._look()
                if watch is None:
                    await asyncio.sleep(self._poll)
                else:
                    await watch.changed(LOOK_SECONDS)
        finally:
            if watch is not None:
                watch.close()
            await self.aclose()

    def _watch(self, before: DirectoryWatch | None) -> DirectoryWatch | None:
        if before is not None:
            before.close()
        try:
            return DirectoryWatch(self._directory)
        except OSError:
            # Not there yet, or the machine has no more watches to give.
            return None

    async def scan(self) -> None:
        """One look at the directory; returns once each new socket was tried."""
        fresh = await self._look()
        await asyncio.gather(*(socket.tried.wait() for socket in fresh))

    async def aclose(self) -> None:
        """Leave all."""
        for path in list(self._sockets):
            await self._forget(path)

    async def _look(self) -> list[_Socket]:
        """Forget sockets that went, begin with those that came or were replaced."""
        found = self._found()
        for path, socket in list(self._sockets.items()):
            if found.get(path) != socket.identity:
                await self._forget(path)
        fresh: list[_Socket] = []
        for path, identity in found.items():
            if path in self._sockets:
                continue
            if len(self._sockets) >= MAX_SOCKETS:
                _log.error(
                    "more than %d sockets in %s: the others are passed over", MAX_SOCKETS, self._directory
                )
                break
            socket = self._sockets[path] = _Socket(identity)
            socket.task = asyncio.create_task(self._try(path, socket))
            fresh.append(socket)
        return fresh

    def _found(self) -> dict[str, _Identity]:
        found: dict[str, _Identity] = {}
        try:
            with os.scandir(self._directory) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    try:
                        info = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue
                    if stat.S_ISSOCK(info.st_mode):
                        found[entry.path] = (info.st_dev, info.st_ino, info.st_ctime_ns)
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as error:
            # That we cannot look does not mean that nobody is there.
            _log.error("%s: %s", self._directory, error.strerror)
            return {path: socket.identity for path, socket in self._sockets.items()}
        return found

    async def _try(self, path: str, socket: _Socket) -> None:
        """Meet the socket's owner, however often it takes."""
        pause = 0.0
        try:
            while True:
                async with self._again if socket.tried.is_set() else self._first:
                    failure, pause = await self._try_once(path, pause)
                if not failure:
                    self.retries.pop(path, None)
                    return
                level = logging.ERROR if pause >= RETRY_SECONDS else logging.DEBUG
                _log.log(level, "registering plugin at %s: %s", one_line(path), one_line(failure))
                await self._leave(path)
                self.retries[path] = pause
                socket.tried.set()
                await asyncio.sleep(pause)
        finally:
            socket.tried.set()

    async def _try_once(self, path: str, last: float) -> tuple[str, float]:
        """What went wrong, "" for nothing, and the seconds until the next try."""
        try:
            await self._meet(path)
        except grpc.aio.AioRpcError as error:
            # Nobody listens yet, most likely.
            return f"{error.code().name}: {error.details()}", min(
                last * 2 or FIRST_RETRY_SECONDS, RETRY_SECONDS
            )
        except Exception as error:
            if not isinstance(error, (RefusedError, OSError)):
                _log.exception("plugin at %s", one_line(path))
            return str(error) or repr(error), RETRY_SECONDS
        return "", 0.0

    async def _forget(self, path: str) -> None:
        socket = self._sockets.pop(path)
        self.retries.pop(path, None)
        if socket.task is not None:
            socket.task.cancel()
            await asyncio.gather(socket.task, return_exceptions=True)
        await self._leave(path)
