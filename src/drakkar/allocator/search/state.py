"""A point in the search: what is chosen so far and what to choose next. A state is never changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from drakkar.allocator.rules.constraints import Seen
from drakkar.allocator.rules.groups import Groups
from drakkar.allocator.rules.requests import Ask


class Choice(NamedTuple):
    """A device, by position in the layout, chosen for a request, and the choices before it."""

    before: Choice | None
    ask: Ask
    device: int
    depth: int


class State(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Mappings and tuples in it are shared between states."""

    claim: int
    wish: int
    # The alternative chosen for this wish; None while it is still to be chosen.
    ask: Ask | None
    # How many devices of this ask are chosen, and where to look for the next one.
    chosen: int
    cursor: int
    # How many devices the claim has so far.
    in_claim: int
    last: Choice | None
    asks: tuple[Ask, ...]
    # Devices taken as a whole: by anybody, by others than administrators, by this claim.
    taken: int
    plain: int
    here: int
    # What each constraint of the claim has seen.
    seen: tuple[Seen, ...]
    # What is used of each counter, left in common on each counter set, and taken of shared devices.
    used: tuple[int, ...]
    groups: tuple[Groups, ...]
    shares: Mapping[int, Mapping[str, int]]

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
