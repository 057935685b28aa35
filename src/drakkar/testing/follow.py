"""Tells handlers of each change of a collection at the moment of the write, or, while it is `quiet`, not yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drakkar.apiserver.storage.store import Event, Store
from drakkar.testing.copied import copied

Object = dict[str, Any]
Handler = Callable[[str, Object | None, Object | None], None]

_KINDS = {"ADDED": "add", "MODIFIED": "update", "DELETED": "delete"}


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
        new = None if event.kind == "DELETED" else event.object
        for handler in list(self.handlers):
            handler(_KINDS[event.kind], copied(event.old), copied(new))
