"""What would have to be otherwise for claims to get their devices on a node: the smallest set of changes, each as small as
it may be. Nodes that are alike are searched once; on each of them the allocator confirms what is said."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from drakkar.allocator import DeviceKey, Inventory
from drakkar.allocator.compat import Quirks
from drakkar.api.features import Features
from drakkar.api.quantity import Quantity, QuantityError
from drakkar.api.resource import DeviceCapacity
from drakkar.planner.changes import Amounts
from drakkar.planner.obstacles import Obstacle, Rank, holders
from drakkar.planner.parts import Part
from drakkar.planner.scene import Scene
from drakkar.planner.smallest import MOST, Clause, Option, Want, smallest
from drakkar.planner.whatif import WhatIf

# How often the allocator is asked in all, so that a large cluster of nodes that are all different is not waited for.
_TRIES = 2_000


class Remedy(NamedTuple):
    """Obstacles with how much less would be asked for where it is about that; or why there are none."""

    obstacles: tuple[Obstacle, ...] = ()
    amounts: Amounts = MappingProxyType({})
    why_not: str = ""


class Remedies:
    """Remembers what came of each kind of node."""

    def __init__(self, inventory: Inventory, features: Features, quirks: Quirks) -> None:
        self._inventory = inventory
        self._features = features
        self._quirks = quirks
        self._known: dict[Hashable, Remedy] = {}
        self._left = _TRIES

    def find(self, scene: Scene) -> Remedy:
        """The remedy for one node whose devices the claims do not get."""
        ask = WhatIf(
            *(self._inventory, scene.books, self._features, self._quirks),
            *(scene.claims, scene.node, scene.pools),
        )
        names = _Names(scene)
        key = names.key()
        known = self._known.get(key) if key is not None else None
        if known is not None:
            obstacles = tuple(map(names.local, known.obstacles))
            amounts = {names.local(one): amount for one, amount in known.amounts.items()}
            # What slices of other nodes would add to a pool is not in the key.
            whole = all(pool.usable for pool in scene.pools)
            if ask.fits(obstacles, amounts) if obstacles else whole:
                return Remedy(obstacles, amounts, known.why_not)
        if self._left <= 0:
            return Remedy(
                why_not="what would have to change was not looked for: too many other nodes were looked at"
            )
        found = _Search(scene, ask).remedy()
        self._left -= ask.tries
        if key is not None:
            self._known[key] = Remedy(
                tuple(map(names.general, found.obstacles)),
                {names.general(one): amount for one, amount in found.amounts.items()},
                found.why_not,
            )
        return found


class _Names:
    """Claims and pools of one node by their order, so that what was found on one node can be said of another."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._uids = {uid: index for index, uid in enumerate(scene.held)}
        self._pools = {pool.key: index for index, pool in enumerate(scene.pools)}
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
        scene = self._scene
        if any(pool.elsewhere for pool in scene.pools):
            return None
        self._devices = {stance.entry.key: index for index, stance in enumerate(scene.stances)}
        return (
            tuple(msgspec.json.encode(claim.spec) for claim in scene.claims),
            tuple(
                (
                    pool.usable,
                    pool.incomplete,
                    tuple(pool.counters.items()),
                    tuple((name, used.nanos) for name, used in scene.books.of(pool).used.items()),
                )
                for pool in scene.pools
            ),
            tuple(
                (
                    self._pools[stance.pool.key],
                    scene.trait(stance.entry),
                    tuple(self._against(stance.clauses(index)) for index in range(len(scene.parts))),
                )
                for stance in scene.stances
            ),
            tuple(tuple(self._devices.get(key) for key in keys) for keys in scene.held.values()),
        )

    def _against(self, clauses: tuple[Clause, ...]) -> Hashable:
        return tuple(
            (frozenset(map(self.general, lifts)), passes_over, self._about(about))
            for lifts, passes_over, about in clauses
        )

    def _about(self, about: Hashable) -> Hashable:
        if not isinstance(about, tuple):
            return about
        return tuple(self._devices.get(one, self._pools.get(one, one)) for one in about)


class _Search:
    """For one node."""

    def __init__(self, scene: Scene, ask: WhatIf) -> None:
        self._scene = scene
        self._ask = ask
        self._steps = {
            Obstacle(Rank.CAPACITY, part.claim_index, part.name, name): steps
            for part in scene.parts
            for name in part.capacity
            if (steps := _lower(scene, part, name))
        }

    def remedy(self) -> Remedy:
        scene = self._scene
        wants = self._wants()
        obstacles = self._obstacles(wants)
        if not obstacles:
            return Remedy()
        kinds: dict[Obstacle, Hashable] = {}
        for one in obstacles:
            kinds[one] = scene.holding(str(one.subject)) if one.rank is Rank.HOLDER else one
        found = smallest(
            wants,
            obstacles,
            lambda one: (one.rank, kinds[one]),
            lambda some: self._ask.fits(some, self._least(some)),
        )
        if found.obstacles:
            fewest = self._fewest(found.obstacles)
            return Remedy(fewest, self._amounts(fewest))
        if found.complete and not self._ask.unsure:
            return Remedy(why_not=f"no {MOST} changes or fewer would make it fit")
        return Remedy(
            why_not=f"no small set of changes was found that would make it fit ({self._ask.tries} tried)"
        )

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
        scene = self._scene
        options: dict[Obstacle, list[Option]] = {}
        for position, part in enumerate(scene.parts):
            devices: dict[tuple[Clause, ...], int] = {}
            for stance in scene.stances:
                clauses = stance.clauses(position)
                devices[clauses] = devices.get(clauses, 0) + 1
            count = Obstacle(Rank.COUNT, part.claim_index, part.name)
            left_out = Obstacle(Rank.REQUEST, part.claim_index, part.request.name)
            option = Option(count, part.what.count, part.every, devices)
            options.setdefault(left_out, []).append(option)
        return [Want(left_out, tuple(some)) for left_out, some in options.items()]

    def _obstacles(self, wants: list[Want]) -> dict[Obstacle, None]:
        """Whatever may matter; in what order does not."""
        scene = self._scene
        found: dict[Obstacle, None] = {}
        for part in scene.parts:
            if part.every or part.what.count > 1:
                found[Obstacle(Rank.COUNT, part.claim_index, part.name)] = None
            for name in part.capacity:
                found[Obstacle(Rank.CAPACITY_REQUEST, part.claim_index, part.name, name)] = None
            for index, _ in part.constraints():
                found[Obstacle(Rank.CONSTRAINT, part.claim_index, subject=index)] = None
        for want in wants:
            for option in want.options:
                for clauses in option.devices:
                    found.update((o, None) for c in clauses for o in sorted(c.lifts, key=repr))
                    found.update((o, None) for c in clauses for o in _together(c))
        found.update((Obstacle(Rank.HOLDER, subject=uid), None) for uid in scene.held)
        for pool in scene.pools:
            if not pool.usable:
                found[Obstacle(Rank.POOL, subject=pool.key)] = None
                continue
            for users in scene.books.of(pool).users.values():
                if len(users) > 1:
                    found[Obstacle(Rank.HOLDERS, subject=tuple(sorted(users)))] = None
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
        part = next(p for p in self._scene.parts if (p.claim_index, p.name) == (count.claim, count.request))
        there = len(self._scene.stances)
        return max(1, min(there, 32) if part.every else min(there, 32, part.what.count - 1))


def _together(clause: Clause) -> Iterator[Obstacle]:
    """The claims that use up what a device is short of, as the one obstacle that they are."""
    uids = sorted(uid for one in clause.lifts for uid in holders(one))
    if clause.about is not None and len(uids) > 1:
        yield Obstacle(Rank.HOLDERS, subject=tuple(uids))


def _lower(scene: Scene, part: Part, name: str) -> list[str]:
    """Amounts below the one that is asked for that some device has, or has left, the lowest first."""
    try:
        asked = Quantity.parse(part.capacity[name])
        others = [
            Quantity.parse(p.capacity[name]) for p in scene.parts if p is not part and name in p.capacity
        ]
        found: dict[int, str] = {}
        for stance in scene.stances:
            capacity = stance.entry.device.capacity.get(name)
            if capacity is None:
                continue
            value = Quantity.parse(capacity.value)
            used = [
                Quantity.parse(one.consumed_capacity[name])
                for uid in scene.books.sharers(stance.entry.key, name)
                for one in scene.books.results(uid)
                if name in one.consumed_capacity and (one.driver, one.pool, one.device) == stance.entry.key
            ]
            for room in _rooms(value, [*used, *others]):
                amount = _handed_out(room, capacity)
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


def _handed_out(room: Quantity, capacity: DeviceCapacity) -> Quantity | None:
    """The greatest amount within the room that the device's policy hands out."""
    policy = capacity.request_policy
    if policy is None:
        return room
    if policy.valid_values:
        fitting = [v for v in map(Quantity.parse, policy.valid_values) if v <= room]
        return max(fitting, key=lambda one: one.nanos, default=None)
    bounds = policy.valid_range
    if bounds is None:
        return room
    least = Quantity.parse(bounds.min) if bounds.min is not None else Quantity(0)
    if bounds.max is not None:
        room = min(room, Quantity.parse(bounds.max), key=lambda one: one.nanos)
    if room < least:
        return None
    step = Quantity.parse(bounds.step) if bounds.step is not None else None
    if step is None or step.nanos <= 0:
        return room
    return Quantity(least.nanos + (room.nanos - least.nanos) // step.nanos * step.nanos, step.family)
