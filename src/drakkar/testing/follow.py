"""Tells handlers of each change of a collection at the moment of the write, or, while it is `quiet`, not yet."""

from __future__ import annotations

from drakkar.apiserver.storage.change import Event
from drakkar.apiserver.storage.store import Store
from drakkar.client import Handler
from drakkar.client.changes import Added, Change, Deleted, Updated
from drakkar.testing.copied import copied


class Follower:
    """One collection's changes; `handlers` hear them as those of an informer would."""

    def __init__(self, store: Store, resource: str) -> None:
        self.handlers: list[Handler] = []
        self._store, self._resource, self._told = store, resource, store.revision
        self.quiet = False
        store.listen(resource, self._heard)

    def deliver(self) -> None:
        """Tell what has not been told, and be quiet no more."""
        self.quiet = False
        self._heard()

    def _heard(self) -> None:
        if self.quiet:
            return
        for event in self._store.since(self._resource, self._told):
            # A handler may write, and then hears of that before it returns.
            if event.revision > self._told:
                self._told = event.revision
                self._tell(event)

    def _tell(self, event: Event) -> None:
        for handler in list(self.handlers):
            handler(_change(event))


def _change(event: Event) -> Change:
    """The event as a handler's own."""
    old, new = copied(event.old), copied(event.object)
    if old is None:
        return Added(new)
    return Deleted(old) if event.kind == "DELETED" else Updated(old, new)
