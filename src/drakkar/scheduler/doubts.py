"""Writes whose outcome nobody knows: sent, never answered, perhaps stored already, perhaps stored later."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from drakkar.client import ClientError

Object = dict[str, Any]

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
        self._lost: dict[str, set[str]] = {}

    def __contains__(self, uid: object) -> bool:
        return uid in self._lost

    async def send(self, uid: str, version: str, request: Awaitable[Object]) -> Object:
        """Await a write of the object `uid` that replaces `version`. Whatever ends it without a clear answer, a
        cancellation too, leaves a doubt behind.
        """
        try:
            stored = await request
        except BaseException as error:
            if not isinstance(error, ClientError) or error.maybe_applied:
                self._lost.setdefault(uid, set()).add(version)
            raise
        if (stored.get("metadata") or {}).get("resourceVersion") != version:
            # The object has moved on, which also ends every earlier doubt about it.
            self.dispel(uid)
        return stored

    def hangs_on(self, uid: str, version: str) -> bool:
        """Whether a lost write may still be stored while the object is at `version`."""
        return version in self._lost.get(uid, ())

    def dispel(self, uid: str) -> None:
        """The object is gone, or past every version that was written to."""
        self._lost.pop(uid, None)
