"""How much of the server anyone may have: connections, the time and size of a request's parts, requests in flight."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from drakkar.apiserver import errors
from drakkar.apiserver.access.authentication import ANONYMOUS, User

MASTERS = "system:masters"
# Their number is bounded by that of connections: each has one for itself.
LONG_RUNNING = frozenset({"watch"})
_STREAMS = frozenset({"log", "exec", "attach", "portforward", "proxy"})
_READS = frozenset({"get", "list"})


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one server; seconds, bytes and counts.

    A stranger is a connection on which nobody has shown a good credential yet.
    """

    connections: int = 16_000
    strangers: int = 2_048
    strangers_an_address: int = 1_024
    handshake: float = 10.0
    head: float = 10.0
    head_bytes: int = 1024 * 1024
    head_lines: int = 1_000
    url_bytes: int = 64 * 1024
    parameters: int = 1_000
    body_pause: float = 10.0
    body: float = 60.0
    # Somebody may page through a log; what waits for them is bounded.
    unread: float = 300.0
    # Long answers that are being sent: all of them, and those of one user. Equal ones count once.
    unread_bytes: int = 256 * 1024 * 1024
    unread_bytes_a_user: int = 64 * 1024 * 1024
    reads_in_flight: int = 400
    writes_in_flight: int = 200
    anonymous_in_flight: int = 40


LIMITS = Limits()


class InFlight:
    """Counts the requests that are being served; watches and streams are none of them."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._most = {
            "read": limits.reads_in_flight,
            "write": limits.writes_in_flight,
            "anonymous": limits.anonymous_in_flight,
        }
        self.now = dict.fromkeys(self._most, 0)

    @contextlib.contextmanager
    def one(self, user: User, verb: str, subresource: str) -> Iterator[None]:
        """Hold one place; StatusError 429 where there is none. Administrators always have one."""
        if verb in LONG_RUNNING or subresource in _STREAMS or MASTERS in user.groups:
            yield
            return
        which = "anonymous" if user.name == ANONYMOUS.name else "read" if verb in _READS else "write"
        if self.now[which] >= self._most[which]:
            raise errors.too_many_requests("Too many requests, please try again later.", 1)
        self.now[which] += 1
        try:
            yield
        finally:
            self.now[which] -= 1
