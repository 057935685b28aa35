"""What would have to be otherwise for claims to get their devices on a node: the smallest set of changes, each as small as
it may be. Nodes that are alike are searched once; on each of them the allocator confirms what is said."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from drakkar.allocator import DeviceKey, Inventory, Ledger
from drakkar.allocator.compat import Quirks
from drakkar.allocator.rules.capacity import most_within
from drakkar.allocator.rules.constraints import about
from drakkar.allocator.rules.requests import CLAIM_LIMIT, Ask
from drakkar.allocator.supply.pool_account import PoolAccount
from drakkar.api.features import Features
from drakkar.api.object import Uid
from drakkar.api.quantity import Quantity, QuantityError
from drakkar.planner.why.changed_claims import Amounts
from drakkar.planner.why.clauses import Clause, clauses
from drakkar.planner.why.interchange import Interchange
from drakkar.planner.why.node_report import NodeReport
from drakkar.planner.why.obstacles import Obstacle, Rank, holders
from drakkar.planner.why.smallest_set import Option, Want, smallest
from drakkar.planner.why.what_if import WhatIf

# How often the allocator is asked in all, so that a large cluster of nodes that are all different is not waited for.
_TRIES = 2_000
# By uid, the claims that have something of a node's pools.
_Holdings = Mapping[Uid, Sequence[DeviceKey]]


class WhyNot(Enum):
    """Why nothing is said to help."""

    NOT_LOOKED_FOR = "too many other nodes were looked at"
    NONE_SO_SMALL = "no set of so few changes helps"
    NONE_FOUND = "some may help, but were not tried"


class Remedy(NamedTuple):
    """Obstacles with how much less would be asked for where it is about that; or why there are none, after so many tries."""

    obstacles: tuple[Obstacle, ...] = ()
    amounts: Amounts = MappingProxyType({})
    why_not: WhyNot | None = None
    tries: int = 0


class Remedies:
    """Remembers what came of each kind of node."""

    def __init__(self, inventory: Inventory, ledger: Ledger, features: Features, quirks: Quirks) -> None:
        self._inventory = inventory
        self._ledger = ledger
        self._features = features
        self._quirks = quirks
        self._known: dict[Hashable, Remedy] = {}
        self._left = _TRIES

    def find(self, report: NodeReport) -> Remedy:
        """The remedy for one node whose devices the claims do not get."""
        holdings = report.holdings
        pools = [account.pool for account in report.pools]
        ask = WhatIf(
            *(self._inventory, self._ledger, self._features, self._quirks),
            *(report.claims, report.node, pools, holdings),
        )
        interchange = Interchange(report, self._ledger, holdings)
        names = _Names(report, holdings, interchange)
        key = names.key()
        known = self._known.get(key) if key is not None else None
        if known is not None:
            obstacles = tuple(map(names.local, known.obstacles))
            amounts = {names.local(one): amount for one, amount in known.amounts.items()}
            # What slices of other nodes would add to a pool is not in the key.
            whole = all(pool.usable for pool in pools)
            if ask.fits(obstacles, amounts) if obstacles else whole:
                return Remedy(obstacles, amounts, known.why_not, known.tries)
        if self._left <= 0:
            return Remedy(why_not=WhyNot.NOT_LOOKED_FOR)
        found = _Search(report, holdings, interchange, ask).remedy()
        self._left -= ask.tries
        if key is not None:
            self._known[key] = Remedy(
                tuple(map(names.general, found.obstacles)),
                {names.general(one): amount for one, amount in found.amounts.items()},
                found.why_not,
                found.tries,
            )
        return found


class _Names:
    """Claims and pools of one node by their order, so that what was found on one node can be said of another."""

    def __init__(self, report: NodeReport, holdings: _Holdings, interchange: Interchange) -> None:
        self._report = report
        self._holdings = holdings
        self._interchange = interchange
        self._uids: dict[str, int] = {uid: index for index, uid in enumerate(holdings)}
        self._pools = {account.pool.key: index for index, account in enumerate(report.pools)}
        self._devices: dict[DeviceKey, int] = {}

    def general(self, one: Obstacle) -> Obstacle:
        """The obstacle with numbers for names."""
        match one.rank, one.subject:
            case Rank.HOLDER, str(uid):
                return one._replace(subject=self._uids.get(uid, uid))
            case Rank.HOLDERS, tuple(uids):
                return one._replace(subject=tuple(self._uids[uid] for uid in uids))
            case Rank.POOL, tuple(key):
                return one._replace(subject=self._pools[key])
        return one

    def local(self, one: Obstacle) -> Obstacle:
        """The obstacle with this node's names for numbers."""
        uids, pools = list(self._uids), list(self._pools)
        match one.rank, one.subject:
            case Rank.HOLDER, int(index):
                return one._replace(subject=uids[index])
            case Rank.HOLDERS, tuple(indexes):
                return one._replace(subject=tuple(uids[index] for index in indexes))
            case Rank.POOL, int(index):
                return one._replace(subject=pools[index])
        return one

    def key(self) -> Hashable:
        """Equal for nodes on which the same comes of the same claims; None where that cannot be told."""
        report = self._report
        if any(account.pool.elsewhere for account in report.pools):
            return None
        self._devices = {one.entry.key: index for index, one in enumerate(report.devices)}
        return (
            tuple(
                msgspec.json.encode((claim.spec.devices.requests, claim.spec.devices.constraints))
                for claim in report.claims
            ),
            tuple(map(_pool_key, report.pools)),
            tuple(
                (
                    self._pools[one.account.pool.key],
                    self._interchange.device(one),
                    tuple(self._against(clauses(one, ask)) for ask in report.asks),
                )
                for one in report.devices
            ),
            tuple(tuple(self._devices.get(key) for key in keys) for keys in self._holdings.values()),
        )

    def _against(self, against: tuple[Clause, ...]) -> Hashable:
        return tuple(
            (frozenset(map(self.general, lifts)), passes_over, self._about(about))
            for lifts, passes_over, about in against
        )

    def _about(self, about: Hashable) -> Hashable:
        if not isinstance(about, tuple):
            return about
        return tuple(self._devices.get(one, self._pools.get(one, one)) for one in about)


def _pool_key(account: PoolAccount) -> Hashable:
    pool = account.pool
    used = tuple((name, counter.used.nanos) for name, counter in account.counters.items())
    return pool.usable, pool.incomplete, tuple(pool.counters.items()), used


class _Search:
    """For one node."""

    def __init__(
        self, report: NodeReport, holdings: _Holdings, interchange: Interchange, ask: WhatIf
    ) -> None:
        self._report = report
        self._holdings = holdings
        self._interchange = interchange
        self._ask = ask
        self._steps = {
            Obstacle(Rank.CAPACITY, ask.claim_index, ask.name, name): steps
            for ask in report.asks
            for name in ask.capacity
            if (steps := _lower(report, ask, name))
        }

    def remedy(self) -> Remedy:
        wants = self._wants()
        obstacles = self._obstacles(wants)
        if not obstacles:
            return Remedy()
        kinds: dict[Obstacle, Hashable] = {}
        for one in obstacles:
            kinds[one] = self._interchange.holder(Uid(str(one.subject))) if one.rank is Rank.HOLDER else one
        found = smallest(
            wants,
            obstacles,
            lambda one: (one.rank, kinds[one]),
            lambda some: self._ask.fits(some, self._least(some)),
        )
        if found.obstacles:
            fewest = self._fewest(found.obstacles)
            return Remedy(fewest, self._amounts(fewest))
        certain = found.complete and not self._ask.unsure
        why_not = WhyNot.NONE_SO_SMALL if certain else WhyNot.NONE_FOUND
        return Remedy(why_not=why_not, tries=self._ask.tries)

    def _fewest(self, some: tuple[Obstacle, ...]) -> tuple[Obstacle, ...]:
        """The same with no claim more that has to give back what it has."""
        for one in some:
            if one.rank is not Rank.HOLDERS:
                continue
            others = tuple(other for other in some if other is not one)
            for uid in holders(one):
                left = tuple(other for other in holders(one) if other != uid)
                fewer = Obstacle(Rank.HOLDERS, subject=left)
                if left and self._ask.fits((*others, fewer), self._least(some)):
                    one, some = fewer, (*others, fewer)
        return some

    def _wants(self) -> list[Want]:
        options: dict[Obstacle, list[Option]] = {}
        for ask in self._report.asks:
            devices: dict[tuple[Clause, ...], int] = {}
            for one in self._report.devices:
                against = clauses(one, ask)
                devices[against] = devices.get(against, 0) + 1
            count = Obstacle(Rank.COUNT, ask.claim_index, ask.name)
            left_out = Obstacle(Rank.REQUEST, ask.claim_index, ask.request)
            option = Option(count, ask.count, ask.every, devices)
            options.setdefault(left_out, []).append(option)
        return [Want(left_out, tuple(some)) for left_out, some in options.items()]

    def _obstacles(self, wants: list[Want]) -> dict[Obstacle, None]:
        """Whatever may matter; in what order does not."""
        report = self._report
        found: dict[Obstacle, None] = {}
        for ask in report.asks:
            if ask.every or ask.count > 1:
                found[Obstacle(Rank.COUNT, ask.claim_index, ask.name)] = None
            for name in ask.capacity:
                found[Obstacle(Rank.CAPACITY_REQUEST, ask.claim_index, ask.name, name)] = None
            for index, _ in about(report.claims[ask.claim_index].spec.devices.constraints, ask):
                found[Obstacle(Rank.CONSTRAINT, ask.claim_index, subject=index)] = None
        for want in wants:
            for option in want.options:
                for against in option.devices:
                    found.update((o, None) for c in against for o in sorted(c.lifts, key=repr))
                    found.update((o, None) for c in against for o in _together(c))
        found.update((Obstacle(Rank.HOLDER, subject=uid), None) for uid in self._holdings)
        for account in report.pools:
            if not account.pool.usable:
                found[Obstacle(Rank.POOL, subject=account.pool.key)] = None
                continue
            for counter in account.counters.values():
                if len(counter.users) > 1:
                    found[Obstacle(Rank.HOLDERS, subject=tuple(sorted(counter.users)))] = None
        if len(wants) > 1:
            found.update((want.left_out, None) for want in wants)
        # To ask for less of a capacity helps only where some amount is less.
        return {o: None for o in found if o.rank is not Rank.CAPACITY} | dict.fromkeys(self._steps)

    def _least(self, some: tuple[Obstacle, ...]) -> dict[Obstacle, int | str]:
        amounts: dict[Obstacle, int | str] = {}
        for one in some:
            if one.rank is Rank.COUNT:
                amounts[one] = 1
            elif one.rank is Rank.CAPACITY:
                amounts[one] = self._steps[one][0]
        return amounts

    def _amounts(self, some: tuple[Obstacle, ...]) -> dict[Obstacle, int | str]:
        """The greatest amounts with which it still fits, one after the other."""
        amounts = self._least(some)
        for one in amounts:
            steps: list[int | str] = list(self._steps.get(one, ())) or list(range(1, self._most(one) + 1))
            low, high = 0, len(steps) - 1
            while low < high:
                middle = (low + high + 1) // 2
                if self._ask.fits(some, {**amounts, one: steps[middle]}):
                    low = middle
                else:
                    high = middle - 1
            amounts[one] = steps[low]
        return amounts

    def _most(self, count: Obstacle) -> int:
        ask = next(a for a in self._report.asks if (a.claim_index, a.name) == (count.claim, count.request))
        there = len(self._report.devices)
        return max(1, min(there, CLAIM_LIMIT) if ask.every else min(there, CLAIM_LIMIT, ask.count - 1))


def _together(clause: Clause) -> Iterator[Obstacle]:
    """The claims that use up what a device is short of, as the one obstacle that they are."""
    uids = sorted(uid for one in clause.lifts for uid in holders(one))
    if clause.about is not None and len(uids) > 1:
        yield Obstacle(Rank.HOLDERS, subject=tuple(uids))


def _lower(report: NodeReport, ask: Ask, name: str) -> list[str]:
    """Amounts below the one that is asked for that some device has, or has left, the lowest first."""
    if any(one.capacity_fault for one in report.asks):
        return []
    asked = ask.capacity[name].quantity
    others = [one.capacity[name].quantity for one in report.asks if one is not ask and name in one.capacity]
    found: dict[int, str] = {}
    try:
        for entry, account, _ in report.devices:
            capacity = entry.device.capacity.get(name)
            if capacity is None:
                continue
            sharers = account.sharers(entry.key, name)
            used = [share for uid in sharers for share in account.shares(uid, entry.key, name)]
            for room in _rooms(Quantity.parse(capacity.value), [*used, *others]):
                amount = most_within(room, capacity)
                if amount is not None and 0 < amount.nanos < asked.nanos:
                    found[amount.nanos] = amount.format()
    except QuantityError:
        return []
    return [found[nanos] for nanos in sorted(found)]


def _rooms(value: Quantity, used: list[Quantity]) -> Iterator[Quantity]:
    """What may be left of a capacity if all, all but one, one or none of these have theirs."""
    total = Quantity(sum(one.nanos for one in used), value.family)
    yield value
    yield value - total
    for one in used:
        yield value - one
        yield value - (total - one)
