"""What the scheduler has decided or written and its watches have not shown yet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

from drakkar.api.object import Object, ObjectKey, Uid, is_newer, key_of
from drakkar.api.resource import AllocationResult


class Books(Protocol):
    """Where devices are written down as in use before the server has the allocation."""

    def reserve(self, uid: Uid, allocation: AllocationResult) -> None: ...
    def release(self, uid: Uid) -> None: ...


def _at_least(claim: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
    """Whether `claim` is at least as recent as `stored`; unknown versions count as recent."""
    return is_newer(stored, claim) is not True


class Assumptions:
    """Pods on their way to a node, and claims on their way to the server or back from it.

    Devices stay in the books from `reserve` until the watch has shown the allocation or `give_up` says that there will
    never be one. Only who reserved them may end that: a claim may be freed and allocated for another pod while the
    one before is still finding out what became of its own writes.
    """

    def __init__(
        self, books: Books, seen: Callable[[ObjectKey], Object | None], moved: Callable[[ObjectKey], None]
    ) -> None:
        """`seen` gives a claim as the watch has shown it; `moved` hears of every pod that is placed or is so no more."""
        self._books = books
        self._moved = moved
        self._seen = seen
        self._nodes: dict[ObjectKey, tuple[str, Uid]] = {}
        self._stored: dict[Uid, Object] = {}
        self._in_flight: dict[Uid, object] = {}
        # Claims that were made here and that the watch has not shown in any state.
        self._unseen: set[Uid] = set()
        self._waiting: dict[Uid, asyncio.Future[None]] = {}

    # Pods.

    def place(self, pod: Object, node: str) -> None:
        """Count the pod on the node."""
        self._nodes[key_of(pod)] = node, pod["metadata"].get("uid", "")
        self._moved(key_of(pod))

    def unplace(self, pod: Object) -> None:
        """Count this pod on no node; another one of its name is left alone."""
        if self._nodes.get(key_of(pod), ("", ""))[1] == pod["metadata"].get("uid", ""):
            del self._nodes[key_of(pod)]
            self._moved(key_of(pod))

    def node_of(self, pod: Object) -> str:
        """The node that the pod is on its way to, or nothing."""
        node, uid = self._nodes.get(key_of(pod), ("", ""))
        return node if uid == pod["metadata"].get("uid", "") else ""

    # Claims.

    @property
    def in_flight(self) -> Collection[Uid]:
        """The uids of the claims for which an allocation was found and it is not known yet whether it is stored."""
        return self._in_flight.keys()

    def reserve(self, uid: Uid, allocation: AllocationResult, by: object) -> None:
        """Nobody else gets these devices until `by` says what became of it."""
        self._in_flight[uid] = by
        self._books.reserve(uid, allocation)

    def made(self, uid: Uid, claim: Object, allocation: AllocationResult, by: object) -> None:
        """The claim for which devices were reserved as `uid` has been created, without devices yet: it goes by its own now."""
        self.give_up(uid, by)
        now = claim["metadata"]["uid"]
        self.reserve(now, allocation, by)
        if self._seen(key_of(claim)) is None:
            self._unseen.add(now)

    def unmade(self, uid: Uid) -> None:
        """The claim is gone for certain, whether or not the watch has shown any of it."""
        self._release(uid)

    def store(self, claim: Object, by: object) -> None:
        """The server has acknowledged this claim with its allocation; the books keep it until the watch shows it."""
        uid = claim["metadata"]["uid"]
        if self._in_flight.get(uid) is not by:
            return
        seen = self._seen(key_of(claim))
        if uid not in self._unseen and (
            seen is None or seen["metadata"].get("uid") != uid or _at_least(seen, claim)
        ):
            # Gone again, or shown already.
            self._release(uid)
        else:
            del self._in_flight[uid]
            self._stored[uid] = claim

    def give_up(self, uid: Uid, by: object) -> None:
        """What `by` reserved for the claim is not stored and never will be."""
        if self._in_flight.get(uid) is by:
            self._release(uid)

    def _release(self, uid: Uid) -> None:
        self._in_flight.pop(uid, None)
        self._stored.pop(uid, None)
        self._unseen.discard(uid)
        self._books.release(uid)
        waiting = self._waiting.pop(uid, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    def forget_acknowledged(self) -> None:
        """The server is an older copy of itself: what it has acknowledged and not shown may be lost."""
        for uid in list(self._stored):
            self._release(uid)

    def latest(self, claim: Object) -> Object:
        """The claim as the server has acknowledged it, if the watch has not come so far."""
        return self._stored.get(claim["metadata"].get("uid", ""), claim)

    def saw(self, claim: Object, gone: bool) -> None:
        """The watch has shown the claim, or that it is gone."""
        uid = claim["metadata"].get("uid", "")
        self._unseen.discard(uid)
        stored = self._stored.get(uid)
        if stored is not None and (gone or _at_least(claim, stored)):
            self._release(uid)

    def has_shown(self, claim: Object) -> bool:
        """Whether the watch has shown this claim at the version it has here, or a later one."""
        seen = self._seen(key_of(claim))
        if seen is None or seen["metadata"].get("uid") != claim["metadata"].get("uid"):
            return False
        return _at_least(seen, claim)

    async def shown(self, uid: Uid) -> None:
        """Return once the watch has shown what `store` was told of this claim, and so all that was written before it."""
        while uid in self._stored:
            waiting = self._waiting.get(uid)
            if waiting is None or waiting.done():
                waiting = self._waiting[uid] = asyncio.get_running_loop().create_future()
            await asyncio.shield(waiting)
