"""What would have to go for an objection to go: the obstacles behind it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import NamedTuple

from drakkar.allocator.device import DeviceEntry
from drakkar.allocator.objections import (
    AmountImpossible,
    AmountNotHandedOut,
    AttributeUnreadable,
    CapacityGone,
    CapacityMissing,
    CapacityShort,
    CapacityTooSmall,
    CounterShort,
    CounterUnknown,
    DerivedAttributeFails,
    FeatureOff,
    GroupsApart,
    InUse,
    NodeFeatureMissing,
    NoValueToCompare,
    Objection,
    PoolOverdrawn,
    SelectorFails,
    SelectorFalse,
    Tainted,
    passes_over,
)
from drakkar.allocator.rules.requests import Ask
from drakkar.allocator.supply.inventory import PoolKey
from drakkar.api.features import OPTIONAL_NODE_OPERATIONS
from drakkar.planner.why.node_report import ExaminedDevice
from drakkar.planner.why.obstacles import Obstacle, Rank

_Obstacles = frozenset[Obstacle]


class Clause(NamedTuple):
    """One thing against a device: any one of the obstacles may be behind it; none: nothing can be done.

    `passes_over` is set where a request for all devices does without the device; otherwise it does not do at all.
    `about` names what several devices are short of together.
    """

    lifts: _Obstacles
    passes_over: bool = False
    about: Hashable = None


def clauses(one: ExaminedDevice, ask: Ask) -> tuple[Clause, ...]:
    """All that stands against a device for a request, that its pool is not to be used among it."""
    pool = one.account.pool
    made = [] if pool.usable else [Clause(frozenset({Obstacle(Rank.POOL, subject=pool.key)}))]
    for objection in one.against[ask.index]:
        made += _clauses(objection, ask, one.entry, pool.key)
    return tuple(made)


def _clauses(objection: Objection, ask: Ask, entry: DeviceEntry, pool: PoolKey) -> Iterator[Clause]:
    match objection:
        case InUse(holders):
            # Where several have it, each of them would have to go.
            for uid in holders:
                yield Clause(_holders([uid]))
        case CapacityShort(name, holders=holders):
            yield Clause(_holders(holders) | _amounts(ask, [name]), about=("capacity", entry.key, name))
        case CounterShort(counter_set, name, holders=holders):
            yield Clause(_holders(holders), about=("counter", pool, counter_set, name))
        case GroupsApart(counter_set, holders):
            yield Clause(_holders(holders), about=("groups", pool, counter_set))
        case PoolOverdrawn(holders):
            yield Clause(_holders(holders), about=("overdrawn", pool))
        case CapacityGone(holder=uid) | CounterUnknown(holder=uid):
            yield Clause(_holders([uid]))
        case _:
            yield Clause(_of_claim(objection, ask), passes_over(objection))


def _of_claim(objection: Objection, ask: Ask) -> _Obstacles:
    """What can be done in the claim's manifest, or by whoever runs the cluster."""
    match objection:
        case SelectorFalse(number) | SelectorFails(number) | AttributeUnreadable(number):
            return frozenset({_selector(ask, number)})
        case Tainted(taint):
            return frozenset({_in(ask, Rank.TOLERATION, (taint.key, taint.value, taint.effect))})
        case CapacityMissing(name):
            return frozenset({_in(ask, Rank.CAPACITY_REQUEST, name)})
        case AmountImpossible() | AmountNotHandedOut() | CapacityTooSmall():
            return _amounts(ask, ask.capacity)
        case NoValueToCompare(number) | DerivedAttributeFails(number):
            return frozenset({Obstacle(Rank.CONSTRAINT, ask.claim_index, subject=number)})
        case FeatureOff(feature):
            return frozenset({Obstacle(Rank.FEATURE, subject=feature)})
        case NodeFeatureMissing():
            return frozenset({Obstacle(Rank.NODE_FEATURE, subject=OPTIONAL_NODE_OPERATIONS)})
    return frozenset()


def _in(ask: Ask, rank: Rank, subject: Hashable) -> Obstacle:
    return Obstacle(rank, ask.claim_index, ask.name, subject)


def _selector(ask: Ask, number: int) -> Obstacle:
    position = ask.selector_number(number)
    if ask.selector_of_class(number):
        return Obstacle(Rank.CLASS_SELECTOR, subject=(ask.class_.metadata.name, position))
    return _in(ask, Rank.SELECTOR, position)


def _holders(uids: Iterable[str]) -> _Obstacles:
    return frozenset(Obstacle(Rank.HOLDER, subject=uid) for uid in uids)


def _amounts(ask: Ask, names: Iterable[str]) -> _Obstacles:
    """What can be done about capacities: ask for less, or not at all; nothing where they are not asked for."""
    ranks = (Rank.CAPACITY, Rank.CAPACITY_REQUEST)
    return frozenset(_in(ask, rank, name) for name in names if name in ask.capacity for rank in ranks)
