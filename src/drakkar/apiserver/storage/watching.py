"""One watch: what it has told of a collection, what it tells next, with bookmarks; it knows of no connection."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.storage.change import Event
from drakkar.apiserver.storage.errors import HistoryGoneError
from drakkar.apiserver.storage.selection import Match
from drakkar.apiserver.storage.store import Store

# What has become of a kind since it was watched.
Standing = Literal["as it was", "gone", "another"]
INITIAL_END = {"k8s.io/initial-events-end": "true"}
_BOOKMARK_EVERY = 60.0
_BOOKMARK_BEFORE_END = 2.0
# Told at once; what is more waits for its next turn, so that one watch does not keep the others waiting.
_AT_ONCE = 100
# How long a watch looks for something to tell, in seconds: what it is not to tell is work, too.
_LOOK = 0.002
# How long a watch of a custom kind may wait before it looks whether that stands.
_STANDING = 1.0


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """`start` is a resourceVersion, 0 for none; `initial` asks for the objects there are, then a marked bookmark."""

    start: int = 0
    initial: bool = False
    bookmarks: bool = False
    seconds: float = 1800.0


class Told(NamedTuple):
    """One watch event. `event` is set where every watch that tells of that change tells the same."""

    kind: str
    object: Object
    event: Event | None = None


def _bookmark(kind: Kind, revision: int, marked: bool) -> Told:
    meta: Object = {"resourceVersion": str(revision)}
    if marked:
        meta["annotations"] = dict(INITIAL_END)
    return Told("BOOKMARK", {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": meta})


def _error(failure: errors.StatusError) -> Told:
    return Told("ERROR", failure.status)


class Watch:
    """Events of a collection until its time is up; `ended` then. `kind` is the kind as it is stored.

    `behind` says that there is more to look at than was looked at in its last turn. `standing` says of a kind that may go, or
    become another one, how it is by now: the watch of one that is gone tells what is left and ends, that of another one ends
    at once.
    """

    __slots__ = (
        "_at",
        "_initial",
        "_last_bookmark",
        "_next_bookmark",
        "behind",
        "deadline",
        "ended",
        "kind",
        "match",
        "namespace",
        "options",
        "standing",
        "store",
    )

    def __init__(
        self,
        store: Store,
        kind: Kind,
        namespace: str | None,
        match: Match,
        options: WatchOptions,
        standing: Callable[[], Standing] | None = None,
    ) -> None:
        self.store = store
        self.kind = kind
        self.namespace = namespace
        self.match = match
        self.options = options
        self.standing = standing
        now = time.monotonic()
        self.deadline = now + options.seconds
        self.ended = self.behind = False
        self._next_bookmark = now + _BOOKMARK_EVERY
        self._last_bookmark = self.deadline - _BOOKMARK_BEFORE_END
        self._at = options.start
        self._initial: Iterator[Told | None] | None = None
        if options.initial or not options.start:
            self._at = store.readable(kind.resource)
            self._initial = self._whole(store.list(kind.resource, namespace), self._at)

    def _whole(self, objects: list[Object], revision: int) -> Iterator[Told | None]:
        for obj in objects:
            yield Told("ADDED", obj) if self.match(obj) else None
        if self.options.initial or self.options.bookmarks:
            yield _bookmark(self.kind, revision, True)

    @property
    def _has_become(self) -> Standing:
        return "as it was" if self.standing is None else self.standing()

    @property
    def due(self) -> float:
        """When there is something to say though nothing has changed."""
        if self._has_become != "as it was":
            return 0.0
        if not self.options.bookmarks:
            return self.deadline
        return min(self.deadline, self._next_bookmark, self._last_bookmark)

    @property
    def at(self) -> int | None:
        """Up to which revision it has looked; None while it tells what was there at its beginning."""
        return self._at if self._initial is None else None

    @property
    def has_news(self) -> bool:
        """Whether there are writes that it has not looked at."""
        return self.store.told(self.kind.resource) > self._at

    def skip(self, revision: int) -> None:
        """Go on after a revision: another watch of the same has told this one's client all up to it."""
        self._at = revision

    def next(self) -> list[Told]:
        """What is to be told now; nothing when there is nothing new, when the watch has ended, or while it is `behind`."""
        self.behind = False
        if self._has_become == "another":
            self.ended = True
            return []
        until = time.perf_counter() + _LOOK
        if self._initial is not None:
            told = self._looked_at(self._initial, until)
            if self.behind:
                return told
            self._initial = None
            if told:
                return told
        if self._at > self.store.readable(self.kind.resource):
            # This server has never been there: the client speaks of another one's past.
            return self._over(errors.expired(f"too large resource version: {self._at}"))
        while True:
            try:
                events = self.store.since(self.kind.resource, self._at, _AT_ONCE)
            except HistoryGoneError:
                message = f"too old resource version: {self._at} ({self.store.revision})"
                return self._over(errors.expired(message))
            if not events:
                return self._quiet()
            told = self._looked_at(map(self._passed, events), until)
            if told or self.behind:
                return told

    def _looked_at(self, found: Iterator[Told | None], until: float) -> list[Told]:
        """What is to be told of some, as far as there is time to look at them."""
        told: list[Told] = []
        for one in found:
            if one is not None:
                told.append(one)
            if len(told) == _AT_ONCE or time.perf_counter() > until:
                self.behind = True
                break
        return told

    def _passed(self, event: Event) -> Told | None:
        self._at = event.revision
        return self._seen(event)

    def _over(self, failure: errors.StatusError) -> list[Told]:
        return [] if self.ended else [self.failed(failure)]

    def failed(self, failure: errors.StatusError) -> Told:
        """What is told last of a watch that cannot go on."""
        self.ended = True
        return _error(failure)

    def _quiet(self) -> list[Told]:
        now = time.monotonic()
        if now >= self.deadline or self.store.ending or self._has_become == "gone":
            self.ended = True
        elif self.options.bookmarks and now >= min(self._next_bookmark, self._last_bookmark):
            self._at = self.store.committed
            if now >= self._last_bookmark:
                self._last_bookmark = self.deadline + 1
            self._next_bookmark = now + _BOOKMARK_EVERY
            return [_bookmark(self.kind, self._at, False)]
        return []

    def _seen(self, event: Event) -> Told | None:
        """The event as this watch sees it; None when it is none of its business."""
        if self.namespace not in (None, event.key[1]):
            return None
        now = event.kind != "DELETED" and self.match(event.object)
        before = event.old is not None and self.match(event.old)
        if now:
            return Told("MODIFIED" if before else "ADDED", event.object, event)
        if not before or event.old is None:
            return None
        if event.kind == "DELETED":
            return Told("DELETED", event.object, event)
        # An object that leaves the selector is shown as it was, at the new revision.
        meta = {**event.old["metadata"], "resourceVersion": str(event.revision)}
        return Told("DELETED", {**event.old, "metadata": meta}, event)

    async def wait(self) -> None:
        """Return when there may be something to tell."""
        seconds = self.due - time.monotonic()
        if self.standing is not None:
            # Nobody tells that a kind is another one.
            seconds = min(seconds, _STANDING)
        await self.store.wait(self.kind.resource, self._at, seconds)


async def told(watch: Watch) -> AsyncIterator[Told]:
    """All that a watch tells, as it comes."""
    while not watch.ended:
        found = watch.next()
        for one in found:
            yield one
        if watch.behind:
            await asyncio.sleep(0)
        elif not found and not watch.ended:
            await watch.wait()
