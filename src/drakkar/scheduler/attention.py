"""Wakes those who wait until something about an object changes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Iterator

from drakkar.api.object import Uid


class Attention:
    """By uid; an object that nobody waits for costs nothing."""

    def __init__(self) -> None:
        self._waiting: dict[Uid, set[asyncio.Event]] = {}
        self.ended = False

    @contextlib.contextmanager
    def to(self, uids: Iterable[Uid]) -> Iterator[asyncio.Event]:
        """An event that is set by each change of one of them; whoever waits clears it before it looks."""
        waker, mine = asyncio.Event(), frozenset(uids)
        for uid in mine:
            self._waiting.setdefault(uid, set()).add(waker)
        try:
            yield waker
        finally:
            for uid in mine:
                self._waiting[uid].discard(waker)
                if not self._waiting[uid]:
                    del self._waiting[uid]

    def changed(self, uid: Uid) -> None:
        """Something about the object is another now, or it is gone."""
        for waker in self._waiting.get(uid, ()):
            waker.set()

    def end(self) -> None:
        """Wake everybody: nobody is to wait any more."""
        self.ended = True
        for wakers in self._waiting.values():
            for waker in wakers:
                waker.set()
