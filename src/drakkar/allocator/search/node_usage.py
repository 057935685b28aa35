"""What is in use of all pools of a layout, by position in it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from drakkar.allocator.demand.kinds import Amounts
from drakkar.allocator.demand.layout import Layout
from drakkar.allocator.rules.groups import Groups
from drakkar.allocator.supply.pool_usage import PoolUsage


class NodeUsage(msgspec.Struct, frozen=True, kw_only=True):
    """Sets of devices, what is consumed of each, what is left of each counter, and the groups of each counter set."""

    taken: int
    shared: int
    consumed: dict[int, Amounts]
    left: list[int]
    groups: tuple[Groups, ...]
    # Pools of which more is used than there is of some counter.
    overdrawn: frozenset[int]


def node_usage(layout: Layout, usages: Sequence[PoolUsage]) -> NodeUsage:
    """Put together from the usages of the layout's pools, in their order."""
    taken = shared = offset = 0
    consumed: dict[int, Amounts] = {}
    left: list[int] = []
    groups: list[Groups] = []
    overdrawn: set[int] = set()
    for position, (part, usage) in enumerate(zip(layout.parts, usages, strict=True)):
        taken |= usage.taken << offset
        shared |= usage.shared << offset
        for index, amounts in usage.consumed:
            consumed[index + offset] = amounts
        if any(amount < 0 for amount in usage.left):
            overdrawn.add(position)
        left += usage.left
        groups += usage.groups
        offset += len(part.kinds)
    return NodeUsage(
        taken=taken,
        shared=shared,
        consumed=consumed,
        left=left,
        groups=tuple(groups),
        overdrawn=frozenset(overdrawn),
    )
