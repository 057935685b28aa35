"""All resources in memory, under one revision counter."""

from __future__ import annotations

from collections.abc import Iterator

from drakkar.api.object import Object
from drakkar.apiserver.storage.change import Event
from drakkar.apiserver.storage.database import Key, Row
from drakkar.apiserver.storage.shelf import HISTORY_BYTES, Shelf


class Shelves:
    """A shelf for each resource; `revision` is that of the last write, `history` how many events a shelf keeps."""

    def __init__(self, revision: int, history: int) -> None:
        self.revision = revision
        self._history = history
        # Nothing before the revision at start can be replayed: the history lives in memory only.
        self._start = revision
        self._by_resource: dict[str, Shelf] = {}
        # Those that nobody serves any more, in the order in which they went.
        self._retired: dict[str, Shelf] = {}

    def of(self, resource: str) -> Shelf:
        """The resource's shelf, a new one where it has none."""
        shelf = self._by_resource.get(resource)
        if shelf is None:
            shelf = self._by_resource[resource] = Shelf(self._start)
        return shelf

    def find(self, resource: str) -> Shelf | None:
        """The resource's shelf, if it has one."""
        return self._by_resource.get(resource)

    def items(self) -> Iterator[tuple[str, Shelf]]:
        """All of them, by resource."""
        yield from self._by_resource.items()

    def get(self, key: Key) -> Object | None:
        """The object; callers must not change it."""
        shelf = self._by_resource.get(key[0])
        return shelf.objects.get(key[1:]) if shelf else None

    def sum(self, key: Key) -> int | None:
        """The object's checksum."""
        shelf = self._by_resource.get(key[0])
        return shelf.sums.get(key[1:]) if shelf else None

    def length(self, key: Key) -> int:
        """What the object takes, encoded; 0 for none."""
        shelf = self._by_resource.get(key[0])
        return shelf.lengths.get(key[1:], 0) if shelf else 0

    def apply(self, event: Event, row: Row) -> None:
        """Do a write in memory."""
        self._retired.pop(event.key[0], None)
        self.of(event.key[0]).apply(event, row, self._history)

    def retire(self, resource: str) -> None:
        """The resource is served no more, and has no objects: its events are for those who still watch it, as long as there is
        room for them beside those of others that have gone later."""
        shelf = self.find(resource)
        if shelf is None or shelf.objects:
            return
        self._retired.pop(resource, None)
        self._retired[resource] = shelf
        room = HISTORY_BYTES
        for name, one in reversed(list(self._retired.items())):
            room -= one.size
            if room < 0:
                one.forget_all(self.revision)
                del self._retired[name]
