"""Writes whose outcome nobody knows: sent, never answered, perhaps stored already, perhaps stored later."""

from __future__ import annotations

from collections.abc import Awaitable

from drakkar.api.object import Object, Uid, version_number
from drakkar.client import ClientError

# How often a write that conflicts is tried on what is stored now.
CONFLICT_ATTEMPTS = 10
# How long one look for certainty may take, and the pauses between two of them, in seconds.
REQUEST_TIMEOUT = 60.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0


class Doubts:
    """Remembers the conditional writes of this process that were lost, until the outcome of each is certain.

    A conditional write names the resourceVersion that it replaces, so it can only be stored while the object is at
    that version. Once the object is known to be past it, whatever still travels is void: that is the fence.
    """

    def __init__(self) -> None:
        self._lost: dict[Uid, set[str]] = {}

    def __contains__(self, uid: object) -> bool:
        return uid in self._lost

    async def send(self, uid: Uid, version: str, request: Awaitable[Object]) -> Object:
        """Await a write of the object `uid` that replaces `version`. Whatever ends it without a clear answer, a
        cancellation too, leaves a doubt behind.
        """
        try:
            stored = await request
        except BaseException as error:
            if not isinstance(error, ClientError) or error.maybe_applied:
                self._lost.setdefault(uid, set()).add(version)
            raise
        now = str((stored.get("metadata") or {}).get("resourceVersion") or "")
        if now != version:
            # The object has moved on, which also ends every earlier doubt about it.
            self.dispel(uid, now)
        return stored

    def hangs_on(self, uid: Uid, version: str) -> bool:
        """Whether a lost write may still be stored while the object is at `version`."""
        return version in self._lost.get(uid, ())

    def dispel(self, uid: Uid, version: str = "") -> None:
        """The object is at `version`, so that whatever was sent for an earlier one is void; without one it is gone, or
        nothing that is sent can change it any more.
        """
        lost = {sent for sent in self._lost.pop(uid, ()) if version and not _is_older(sent, version)}
        if lost:
            self._lost[uid] = lost


def _is_older(version: str, than: str) -> bool:
    """By KEP-5504 versions are decimal numbers that grow; of others nothing is known but that they differ."""
    mine, other = version_number(version), version_number(than)
    return mine < other if mine and other else version != than
