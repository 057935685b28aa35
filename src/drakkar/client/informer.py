"""A local copy of a collection, kept up by list and watch, that tells its handlers of every change."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from drakkar.api.object import Object, ObjectKey, key_of, version_number
from drakkar.client.changes import Added, Change, Deleted, Updated
from drakkar.client.errors import ClientError, ForbiddenError, GoneError, NotFoundError, UnansweredError
from drakkar.client.resources import Resource
from drakkar.client.rest import Client

Handler = Callable[[Change], None]

_log = logging.getLogger(__name__)
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 10.0
# A watch that held this long was well.
_WELL_AFTER = 5.0
_PAGE = 500


def _version_of(obj: Object) -> str:
    """The resourceVersion of an object or list; UnansweredError for an answer that has none."""
    metadata = obj.get("metadata")
    version = metadata.get("resourceVersion") if isinstance(metadata, dict) else None
    if not isinstance(version, str):
        raise UnansweredError("the server's answer has no metadata.resourceVersion")
    return version


class Informer:
    """Mirrors one collection. Handlers hear what was Added, Updated and Deleted.

    A change that happened while the watch was broken is told after the next list. Handlers run in the event
    loop, must not block, and must not change the objects: everybody shares them.
    """

    def __init__(
        self,
        client: Client,
        resource: Resource,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
        may_be_missing: bool = False,
    ) -> None:
        """With `may_be_missing` a collection that is not served, or not for us, is an empty one for as long as that is so."""
        self._may_be_missing = may_be_missing
        self._client = client
        self.resource = resource
        self._scope = (namespace, label_selector, field_selector)
        self.store: dict[ObjectKey, Object] = {}
        self._handlers: list[Handler] = []
        self._rewind_handlers: list[Callable[[], None]] = []
        # The newest version that was seen of anything in the collection.
        self._newest = 0
        self._synced = asyncio.Event()

    def add_handler(self, handler: Handler) -> None:
        """Call `handler` on every change from now on, and now for what is already known."""
        self._handlers.append(handler)
        for obj in list(self.store.values()):
            self._call(handler, Added(obj))

    def on_rewind(self, handler: Callable[[], None]) -> None:
        """Call `handler` when the server turns out to be an older copy of itself, as after the restore of a backup: a list
        that is older than what was seen before says so.

        Versions that are remembered mean nothing from then on, and what was written may be lost. It is called before the
        changes of that list are told; then every object that is there is told, changed or not.
        """
        self._rewind_handlers.append(handler)

    def note(self, version: str) -> None:
        """A version that was seen elsewhere, such as in the answer to a write; a list that is asked for later is no older."""
        self._newest = max(self._newest, version_number(version))

    async def wait_synced(self, timeout: float) -> None:
        """Return once the first list has been taken in; TimeoutError after `timeout` seconds."""
        async with asyncio.timeout(timeout):
            await self._synced.wait()

    async def run(self) -> None:
        """List and watch until cancelled, beginning anew after every failure."""
        pause = _FIRST_PAUSE
        version: str | None = None
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                if version is None:
                    version = await self._take_list()
                version = await self._follow(version)
            except GoneError:
                version = None
            except ClientError as error:
                if self._may_be_missing and isinstance(error, (NotFoundError, ForbiddenError)):
                    self._synced.set()
                _log.warning("%s: %s; trying again in %.1f s", self.resource.plural, error, pause)
                # What was missed is unknown, and a watch from an old version would tell it twice at worst.
                version = None
            if loop.time() - began >= _WELL_AFTER:
                pause = _FIRST_PAUSE
                continue
            # However it ended, a watch that ends at once must not become a tight loop.
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _take_list(self) -> str:
        namespace, labels, fields = self._scope
        # What is noted while we wait may be newer than the answer.
        newest = self._newest
        answer = await self._client.list(self.resource, namespace, labels, fields, limit=_PAGE)
        version = _version_of(answer)
        rewound = 0 < version_number(version) < newest
        if rewound:
            self._rewind(version)
        self.note(version)
        # In a list no object says what it is.
        named = {"apiVersion": self.resource.api_version, "kind": self.resource.kind}
        fresh = {key_of(obj): {**named, **obj} for obj in answer.get("items") or () if self._is_sound(obj)}
        for key in [key for key in self.store if key not in fresh]:
            self._set(key, None)
        for key, obj in fresh.items():
            self._set(key, obj, even_if_same=rewound)
        self._synced.set()
        return version

    def _rewind(self, version: str) -> None:
        _log.warning(
            "%s: the server is at version %s and was at %d: it is an older copy of itself",
            self.resource.plural,
            version,
            self._newest,
        )
        self._newest = 0
        for handler in self._rewind_handlers:
            try:
                handler()
            except Exception:
                _log.exception("%s: a handler failed on a rewind", self.resource.plural)

    async def _follow(self, version: str) -> str:
        namespace, labels, fields = self._scope
        events = self._client.watch(self.resource, namespace, labels, fields, version)
        async for kind, obj in events:
            if kind != "BOOKMARK" and self._is_sound(obj):
                self._set(key_of(obj), None if kind == "DELETED" else obj)
            version = _version_of(obj)
            self.note(version)
        return version

    def _is_sound(self, obj: Any) -> bool:
        """Whether the object has what every object has; one that has not is told of, and costs only itself."""
        metadata = obj.get("metadata") if isinstance(obj, dict) else None
        if isinstance(metadata, dict) and metadata.get("name"):
            named = (metadata.get(part) or "" for part in ("name", "namespace", "uid", "resourceVersion"))
            if all(isinstance(text, str) for text in named):
                return True
        _log.error("%s: an object without a proper name is passed over: %.200r", self.resource.plural, obj)
        return False

    def _set(self, key: ObjectKey, new: Object | None, even_if_same: bool = False) -> None:
        old = self.store.get(key)
        if new is None:
            if old is not None:
                del self.store[key]
                self._tell(Deleted(old))
            return
        self.store[key] = new
        if old is None:
            self._tell(Added(new))
        elif old["metadata"].get("uid") != new["metadata"].get("uid"):
            # One that went and another of the same name that came between two lists are two events.
            self._tell(Deleted(old))
            self._tell(Added(new))
        elif even_if_same or old["metadata"].get("resourceVersion") != new["metadata"].get("resourceVersion"):
            self._tell(Updated(old, new))

    def _tell(self, change: Change) -> None:
        for handler in self._handlers:
            self._call(handler, change)

    def _call(self, handler: Handler, change: Change) -> None:
        try:
            handler(change)
        except Exception:
            # One handler's mistake must not cost the others their events.
            _log.exception("%s: a handler failed on %s", self.resource.plural, type(change).__name__)
