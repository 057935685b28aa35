"""What may stand in the way and can be changed: by whoever wrote the claim, by those who hold devices, by whoever runs
the cluster. An obstacle is one such thing; `Rank` says whom it costs what."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from enum import IntEnum
from typing import NamedTuple

from drakkar.api.object import Uid


class Rank(IntEnum):
    """The kinds of obstacles; of two sets of equal size the one with the lower ranks is told."""

    COUNT = 0
    CAPACITY = 1
    CAPACITY_REQUEST = 2
    TOLERATION = 3
    SELECTOR = 4
    CONSTRAINT = 5
    HOLDER = 10
    HOLDERS = 11
    POOL = 12
    CLASS_SELECTOR = 20
    FEATURE = 21
    NODE_FEATURE = 22
    REQUEST = 30


KINDS = {
    Rank.COUNT: "count",
    Rank.CAPACITY: "capacity",
    Rank.CAPACITY_REQUEST: "capacityRequest",
    Rank.TOLERATION: "toleration",
    Rank.SELECTOR: "selector",
    Rank.CONSTRAINT: "constraint",
    Rank.HOLDER: "holder",
    Rank.HOLDERS: "holders",
    Rank.POOL: "pool",
    Rank.CLASS_SELECTOR: "classSelector",
    Rank.FEATURE: "feature",
    Rank.NODE_FEATURE: "nodeFeature",
    Rank.REQUEST: "request",
}
# What is told only where nothing else would do.
LAST = Rank.REQUEST
RANKS = {kind: rank for rank, kind in KINDS.items()}


class Obstacle(NamedTuple):
    """One thing that can be changed.

    HOLDERS are claims that use one thing up together, which is one obstacle, however many they are.
    `claim` is the claim's position where it is about one of the explained claims, `request` the name of its request or
    alternative. `subject` says what of it: a selector's index, a taint, the uid of a claim that holds devices.
    """

    rank: Rank
    claim: int = -1
    request: str = ""
    subject: Hashable = None


def holders(one: Obstacle) -> tuple[Uid, ...]:
    """The uids of the claims that would have to give back what they have."""
    match one.rank, one.subject:
        case Rank.HOLDER, str(uid):
            return (Uid(uid),)
        case Rank.HOLDERS, tuple(uids):
            return tuple(Uid(str(uid)) for uid in uids)
    return ()


def cost(ranks: Iterable[int]) -> tuple[int, int, int]:
    """What a set of obstacles costs: how many, the worst of them, and all together."""
    known = list(ranks)
    return len(known), max(known, default=0), sum(known)
