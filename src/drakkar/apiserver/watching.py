"""Watch streams: what changes in a collection, as its watchers are told of it, with bookmarks."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from drakkar.apiserver import errors
from drakkar.apiserver.kinds import Kind
from drakkar.apiserver.selection import Match
from drakkar.apiserver.store import Event, HistoryGone, Store

Object = dict[str, Any]
INITIAL_END = {"k8s.io/initial-events-end": "true"}
_BOOKMARK_EVERY = 60.0
_BOOKMARK_BEFORE_END = 2.0


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """`start` is a resourceVersion, 0 for none; `initial` asks for the objects there are, then a marked bookmark."""

    start: int = 0
    initial: bool = False
    bookmarks: bool = False
    seconds: float = 1800.0


def _bookmark(kind: Kind, revision: int, marked: bool) -> Object:
    meta: Object = {"resourceVersion": str(revision)}
    if marked:
        meta["annotations"] = dict(INITIAL_END)
    return {
        "type": "BOOKMARK",
        "object": {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": meta},
    }


def _told(event: Event, namespace: str | None, match: Match) -> Object | None:
    """The event as this watcher sees it; None when it is none of its business."""
    if namespace not in (None, event.key[1]):
        return None
    now = event.kind != "DELETED" and match(event.object)
    before = event.old is not None and match(event.old)
    if now:
        return {"type": "MODIFIED" if before else "ADDED", "object": event.object}
    if not before or event.old is None:
        return None
    if event.kind == "DELETED":
        return {"type": "DELETED", "object": event.object}
    # An object that leaves the selector is shown as it was, at the new revision.
    meta = {**event.old["metadata"], "resourceVersion": str(event.revision)}
    return {"type": "DELETED", "object": {**event.old, "metadata": meta}}


async def watch(
    store: Store, kind: Kind, namespace: str | None, match: Match, options: WatchOptions
) -> AsyncIterator[Object]:
    """Events of a collection until the time is up. A start that is no longer kept ends it with an ERROR event.

    `kind` is the kind as it is stored.
    """
    deadline = time.monotonic() + options.seconds
    at = options.start
    if options.initial or not at:
        at = store.revision
        for obj in store.list(kind.resource, namespace):
            if match(obj):
                yield {"type": "ADDED", "object": obj}
        if options.initial or options.bookmarks:
            yield _bookmark(kind, at, True)
    elif at > store.revision:
        # This server has never been there: the client speaks of another one's past.
        yield {"type": "ERROR", "object": errors.expired(f"too large resource version: {at}").status}
        return
    next_bookmark = time.monotonic() + _BOOKMARK_EVERY
    last_bookmark = deadline - _BOOKMARK_BEFORE_END
    while True:
        try:
            events = store.since(kind.resource, at)
        except HistoryGone:
            message = f"too old resource version: {at} ({store.revision})"
            yield {"type": "ERROR", "object": errors.expired(message).status}
            return
        for event in events:
            at = event.revision
            told = _told(event, namespace, match)
            if told is not None:
                yield told
        now = time.monotonic()
        if now >= deadline or store.ending:
            return
        if options.bookmarks and not events and now >= min(next_bookmark, last_bookmark):
            at = store.revision
            yield _bookmark(kind, at, False)
            if now >= last_bookmark:
                last_bookmark = deadline + 1
            next_bookmark = now + _BOOKMARK_EVERY
        until = min(deadline, next_bookmark, last_bookmark) if options.bookmarks else deadline
        await store.wait(kind.resource, at, until - now)
