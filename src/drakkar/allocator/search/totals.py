"""Whether amounts that are wanted together are more than there is, however they are spread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Portion(NamedTuple):
    """So many shares of at least such an amount, each of one of these devices."""

    need: int
    least: int
    open: int


def too_much(portions: Sequence[Portion], rooms: Sequence[tuple[int, int]]) -> bool:
    """Whether the shares cannot all be had of devices with so much room each (a device as a bit, and its room).

    All together must not be more than there is; and of those that are at least so large, no device serves more than fit.
    """
    ordered = sorted(portions, key=lambda portion: -portion.least)
    union = wanted = count = 0
    for portion in ordered:
        if portion.least <= 0:
            break
        union |= portion.open
        wanted += portion.need * portion.least
        count += portion.need
        mine = [max(room, 0) for device, room in rooms if union & device]
        if wanted > sum(mine) or count > sum(room // portion.least for room in mine):
            return True
    return False
