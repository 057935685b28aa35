"""Long answers on their way to clients, who may read slowly or not at all: how much of them anyone may leave unread, and
equal ones held once. What they took is given back to the system."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from drakkar.apiserver import errors
from drakkar.apiserver.beside import Pauses
from drakkar.apiserver.connections import memory
from drakkar.apiserver.connections.limits import Limits
from drakkar.apiserver.http.audited import exchange_of

# A piece of an answer; a connection holds about two of them in its buffers.
PIECE = 64 * 1024
# A text that was just made is at hand for those who wait for the same.
_AT_HAND = 1.0
# After so many bytes have gone.
_GIVEN_BACK = 8 * 1024 * 1024
_GIVING = 1.0


@dataclass(slots=True)
class _Text:
    """One text and who are being sent it."""

    body: bytes
    key: Hashable = None
    readers: Counter[str] = field(default_factory=Counter)


class Outgoing:
    """The long answers of one server. `key` is what an answer is told from others by; None for one of its own."""

    def __init__(self, limits: Limits) -> None:
        self._most, self._most_a_user = limits.unread_bytes, limits.unread_bytes_a_user
        self._texts: dict[int, _Text] = {}
        self._keys: dict[Hashable, bytes] = {}
        self._latest: tuple[Hashable, bytes] | None = None
        self._by_user: Counter[str] = Counter()
        self._gone = 0
        self._giving = False
        self.bytes = 0

    def check(self, user: str, size: int = 0) -> None:
        """StatusError 429 where the user, or all together, would leave too much unread. One answer is never too much."""
        mine = self._by_user[user]
        if (mine and mine + size > self._most_a_user) or (self.bytes and self.bytes + size > self._most):
            raise errors.too_many_requests("Too many long answers are unread, please try again later.", 1)

    def find(self, key: Hashable) -> bytes | None:
        """A text of this key that is on its way, or was just made."""
        latest = self._latest
        if latest is not None and latest[0] == key:
            return latest[1]
        return self._keys.get(key)

    def made(self, key: Hashable, body: bytes) -> None:
        """A text was made, and is at hand until `put_away`; called beside the loop, one at a time."""
        if len(body) > PIECE:
            self._latest = (key, body)

    def put_away(self, body: bytes) -> None:
        """Have a text at hand for a moment only."""
        if self._latest is not None and self._latest[1] is body:
            # Whoever waits to put it away must not be who keeps it.
            asyncio.get_running_loop().call_later(_AT_HAND, self._put_away, id(body))

    @contextlib.contextmanager
    def held(self, user: str, body: bytes, refuse: bool) -> Iterator[None]:
        """Count a text while it is being sent; StatusError 429 where it may be refused and is too much."""
        text = self._texts.get(id(body))
        if text is None or user not in text.readers:
            if refuse:
                self.check(user, len(body))
            self._by_user[user] += len(body)
        if text is None:
            text = self._texts[id(body)] = _Text(body)
            self.bytes += len(body)
            if self._latest is not None and self._latest[1] is body:
                text.key = self._latest[0]
                self._keys[text.key] = body
        text.readers[user] += 1
        try:
            yield
        finally:
            self._leave(user, text)

    def _put_away(self, which: int) -> None:
        latest = self._latest
        if latest is not None and id(latest[1]) == which:
            self._latest = None
            self._went(len(latest[1]))

    def _leave(self, user: str, text: _Text) -> None:
        text.readers[user] -= 1
        if text.readers[user]:
            return
        del text.readers[user]
        self._by_user[user] -= len(text.body)
        if not self._by_user[user]:
            del self._by_user[user]
        if not text.readers:
            del self._texts[id(text.body)]
            if self._keys.get(text.key) is text.body:
                del self._keys[text.key]
            self.bytes -= len(text.body)
            self._went(len(text.body))

    def _went(self, size: int) -> None:
        self._gone += size
        if self._gone > _GIVEN_BACK and not self._giving:
            self._giving = True
            asyncio.get_running_loop().call_later(_GIVING, self._give_back)

    def _give_back(self) -> None:
        self._giving, self._gone = False, 0
        memory.give_back()


class LongResponse(Response):
    """An answer that is sent piece by piece, as fast as the client reads."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.ExitStack() as while_sent:
            requester = (scope.get("state") or {}).get("requester")
            if requester is not None:
                outgoing: Outgoing = scope["app"].state.outgoing
                # What was done is told, whatever is unread.
                refuse = scope["method"] in ("GET", "HEAD")
                while_sent.enter_context(outgoing.held(requester.user.name, bytes(self.body), refuse))
            await send(
                {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
            )
            exchange = exchange_of(scope)
            if exchange is not None:
                exchange.take_text(bytes(self.body))
            pauses = Pauses()
            for at in range(0, len(self.body), PIECE):
                more = at + PIECE < len(self.body)
                await send(
                    {
                        "type": "http.response.body",
                        "body": bytes(self.body[at : at + PIECE]),
                        "more_body": more,
                    }
                )
                await pauses
