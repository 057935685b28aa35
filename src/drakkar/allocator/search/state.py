"""A point in the search: what is chosen so far and what to choose next. A state is never changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from drakkar.allocator.rules.constraints import Seen
from drakkar.allocator.rules.groups import Groups
from drakkar.allocator.rules.requests import Ask


class Choice(NamedTuple):
    """A device, by position in the layout, chosen for a request, and the choices before it."""

    before: Choice | None
    ask: Ask
    device: int
    depth: int


class State:
    """Mappings and tuples in it are shared between states."""

    __slots__ = (
        *("ask", "asks", "chosen", "claim", "cursor", "groups", "here", "in_claim", "last"),
        *("plain", "seen", "shares", "taken", "used", "wish"),
    )

    def __init__(
        self,
        claim: int,
        wish: int,
        ask: Ask | None,
        chosen: int,
        cursor: int,
        in_claim: int,
        last: Choice | None,
        asks: tuple[Ask, ...],
        taken: int,
        plain: int,
        here: int,
        seen: tuple[Seen, ...],
        used: tuple[int, ...],
        groups: tuple[Groups, ...],
        shares: Mapping[int, Mapping[str, int]],
    ) -> None:
        self.claim = claim
        self.wish = wish
        # The alternative chosen for this wish; None while it is still to be chosen.
        self.ask = ask
        # How many devices of this ask are chosen, and where to look for the next one.
        self.chosen = chosen
        self.cursor = cursor
        self.in_claim = in_claim
        self.last = last
        self.asks = asks
        # Devices taken as a whole: by anybody, by others than administrators, by this claim.
        self.taken = taken
        self.plain = plain
        self.here = here
        self.seen = seen
        self.used = used
        self.groups = groups
        self.shares = shares

    def picks(self) -> list[tuple[Ask, int]]:
        """Every choice in the order in which they were made."""
        return list(reversed(list(self._back())))

    def _back(self) -> Iterator[tuple[Ask, int]]:
        choice = self.last
        while choice is not None:
            yield choice.ask, choice.device
            choice = choice.before

    @property
    def depth(self) -> int:
        """How many devices are chosen."""
        return self.last.depth if self.last is not None else 0
