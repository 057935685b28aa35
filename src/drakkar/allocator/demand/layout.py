"""What a node is to a call: the kinds of its devices in order. Nodes with equal layouts are searched once.

Devices are bit positions, and sets of devices integers.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from drakkar.allocator.demand.kinds import FAILS, Kind, Value
from drakkar.allocator.rules.counters import Uses
from drakkar.allocator.rules.groups import Memberships
from drakkar.allocator.rules.requests import Plan


class Part(NamedTuple):
    """One pool in a layout. An unusable pool has no devices; `invalid` and `incomplete` say that it is there."""

    kinds: tuple[int, ...]
    counters: tuple[str, ...] = ()
    sets: int = 0
    incomplete: bool = False
    invalid: bool = False


class Layout:
    """The devices of all usable pools of a node, one after the other, with the pools' counters likewise."""

    def __init__(self, parts: Sequence[Part], kinds: Sequence[Kind], plan: Plan, sources: int) -> None:
        self.parts = tuple(part for part in parts if not part.incomplete and not part.invalid)
        self.usable = len(self.parts) == len(parts)
        self.invalid = any(part.invalid for part in parts)
        self.kinds: list[Kind] = [kinds[number] for part in self.parts for number in part.kinds]
        # Devices that can stand in for each other: equal kinds, of one pool where they use its counters.
        self.classes: list[Hashable] = []
        # What each device uses of which counter, and its groups in which set, by position in the layout.
        self.uses: list[Uses] = []
        self.groups: list[Memberships] = []
        # Which pool each device is of; when a counter is overdrawn, so is its pool.
        self.pool_of: list[int] = []
        # The counters by name: those of equal parts have equal ones.
        self.counters: list[str] = []
        sets = 0
        for position, part in enumerate(self.parts):
            counters = len(self.counters)
            for number in part.kinds:
                kind = kinds[number]
                self.classes.append((number, position) if kind.uses or kind.groups else number)
                self.uses.append(tuple((slot + counters, amount) for slot, amount in kind.uses))
                self.groups.append(tuple((slot + sets, names) for slot, names in kind.groups))
                self.pool_of.append(position)
            self.counters += part.counters
            sets += part.sets
        asks = len(plan.asks)
        self.fits = _columns([kind.fits for kind in self.kinds], asks)
        self.fails = _columns([kind.fails for kind in self.kinds], asks)
        self.untolerated = _columns([kind.untolerated for kind in self.kinds], asks)
        (self.refused,) = _columns([kind.refused for kind in self.kinds], 1)
        (self.multi,) = _columns([kind.multi for kind in self.kinds], 1)
        # What a request may choose, as long as it is free and goes with the rest.
        self.choices = [self.fits[ask] & ~self.refused & ~self.untolerated[ask] for ask in range(asks)]
        self.values: list[list[Value]] = [
            [kind.values[source] for kind in self.kinds] for source in range(sources)
        ]
        # Whether some device ends the call once a request comes to it.
        self.strict = any(self.fails) or any(FAILS in column for column in self.values)
        self.answers: dict[Hashable, object] = {}


def _columns(rows: Sequence[int], width: int) -> list[int]:
    """From the bits of each device by request to those of each request by device."""
    found = [0] * width
    low = 1
    for row in rows:
        if row:
            for column in range(width):
                if row >> column & 1:
                    found[column] |= low
        low <<= 1
    return found


def bits(mask: int) -> list[int]:
    """The positions in a set of devices, in order."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found
