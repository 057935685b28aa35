"""What the scheduler has decided or written and its watches have not shown yet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from drakkar.client import key_of

Object = dict[str, Any]
Key = tuple[str, str]


class Books(Protocol):
    """Where devices are written down as in use before the server has the allocation."""

    def reserve(self, claim: Object, allocation: Object) -> None: ...
    def release(self, uid: str) -> None: ...


def _at_least(claim: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
    """Whether `claim` is at least as recent as `stored`; unknown versions count as recent."""
    versions = claim["metadata"].get("resourceVersion"), stored["metadata"].get("resourceVersion")
    try:
        return int(versions[0] or "") >= int(versions[1] or "")
    except ValueError:
        return True


class Assumptions:
    """Pods on their way to a node, and claims on their way to the server or back from it.

    Devices stay in the books from `reserve` until the watch has shown the allocation or `release` says that there
    will never be one.
    """

    def __init__(self, books: Books, seen: Callable[[Key], Object | None]) -> None:
        """`seen` gives a claim as the watch has shown it."""
        self._books = books
        self._seen = seen
        self._nodes: dict[Key, tuple[str, str]] = {}
        self._stored: dict[str, Object] = {}
        self._in_flight: dict[str, Key] = {}
        self._waiting: dict[str, asyncio.Future[None]] = {}

    # Pods.

    def place(self, pod: Object, node: str) -> None:
        """Count the pod on the node."""
        self._nodes[key_of(pod)] = node, pod["metadata"].get("uid", "")

    def unplace(self, pod: Object) -> None:
        """Count this pod on no node; another one of its name is left alone."""
        if self._nodes.get(key_of(pod), ("", ""))[1] == pod["metadata"].get("uid", ""):
            del self._nodes[key_of(pod)]

    def node_of(self, pod: Object) -> str:
        """The node that the pod is on its way to, or nothing."""
        node, uid = self._nodes.get(key_of(pod), ("", ""))
        return node if uid == pod["metadata"].get("uid", "") else ""

    # Claims.

    @property
    def in_flight(self) -> Mapping[str, Key]:
        """The claims for which an allocation was found and it is not known yet whether it is stored, by uid; each
        with its pod.
        """
        return self._in_flight

    def reserve(self, claim: Object, allocation: Object, pod: Key) -> None:
        """Nobody else gets these devices from now on."""
        uid = claim["metadata"]["uid"]
        self._in_flight[uid] = pod
        self._books.reserve(claim, allocation)

    def store(self, claim: Object) -> None:
        """The server has acknowledged this claim with its allocation; the books keep it until the watch shows it."""
        uid = claim["metadata"]["uid"]
        self._in_flight.pop(uid, None)
        seen = self._seen(key_of(claim))
        if seen is None or seen["metadata"].get("uid") != uid or _at_least(seen, claim):
            # Gone again, or shown already.
            self.release(uid)
        else:
            self._stored[uid] = claim

    def release(self, uid: str) -> None:
        """The allocation is not stored and never will be."""
        self._in_flight.pop(uid, None)
        self._stored.pop(uid, None)
        self._books.release(uid)
        waiting = self._waiting.pop(uid, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    def latest(self, claim: Object) -> Object:
        """The claim as the server has acknowledged it, if the watch has not come so far."""
        return self._stored.get(claim["metadata"].get("uid", ""), claim)

    def saw(self, claim: Object, gone: bool) -> None:
        """The watch has shown the claim, or that it is gone."""
        uid = claim["metadata"].get("uid", "")
        stored = self._stored.get(uid)
        if stored is not None and (gone or _at_least(claim, stored)):
            self.release(uid)

    async def shown(self, uid: str) -> None:
        """Return once the watch has shown what `store` was told of this claim, and so all that was written before it."""
        while uid in self._stored:
            waiting = self._waiting.get(uid)
            if waiting is None or waiting.done():
                waiting = self._waiting[uid] = asyncio.get_running_loop().create_future()
            await asyncio.shield(waiting)
