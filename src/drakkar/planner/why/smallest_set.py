"""The smallest set of obstacles that would have to go: guessed from what stands against each device, small sets first, and
then asked of the allocator. What it did not confirm is not said."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import combinations_with_replacement
from typing import NamedTuple

from drakkar.planner.why.clauses import Clause
from drakkar.planner.why.obstacles import LAST, Obstacle, Rank, cost, holders

MOST = 3
TRIES = 40
_LAST_TRIES = 20
# Of each size, how many sets are looked at, and among how many kinds of obstacles; the cheap ones come first.
_LOOKED_AT = 20_000
_KINDS = {1: 400, 2: 120, 3: 40}


class Option(NamedTuple):
    """A request, or an alternative of it: how many devices it needs, and what stands against each, equals counted."""

    fewer: Obstacle
    need: int
    every: bool
    devices: dict[tuple[Clause, ...], int]


class Want(NamedTuple):
    """A request with its alternatives; `left_out` is the obstacle that it is itself."""

    left_out: Obstacle
    options: tuple[Option, ...]


class Smallest(NamedTuple):
    """What was found: obstacles, or none; `complete` says that all sets up to the size were ruled out."""

    obstacles: tuple[Obstacle, ...] = ()
    complete: bool = False


class _Sieve:
    """Rules sets out without asking: those with which some request still has too few devices of its own."""

    def __init__(self, wants: Sequence[Want]) -> None:
        self._wants = wants
        self._base: dict[Obstacle, int] = {}
        self._touched: dict[tuple[Obstacle, Obstacle], list[tuple[tuple[Clause, ...], int]]] = {}
        for option in (option for want in wants for option in want.options):
            for clauses, number in option.devices.items():
                if not clauses:
                    self._base[option.fewer] = self._base.get(option.fewer, 0) + number
                elif all(clause.lifts for clause in clauses):
                    for obstacle in frozenset().union(*(clause.lifts for clause in clauses)):
                        self._touched.setdefault((option.fewer, obstacle), []).append((clauses, number))

    def usable(self, option: Option, obstacles: frozenset[Obstacle]) -> int:
        """How many devices may do at most."""
        found: dict[tuple[Clause, ...], int] = {}
        for obstacle in obstacles:
            for clauses, number in self._touched.get((option.fewer, obstacle), ()):
                if all(clause.lifts & obstacles for clause in clauses):
                    found[clauses] = number
        return self._base.get(option.fewer, 0) + sum(found.values())

    def passes(self, obstacles: frozenset[Obstacle]) -> bool:
        """Whether the set may be enough."""
        behind = (Obstacle(Rank.HOLDER, subject=uid) for one in obstacles for uid in holders(one))
        obstacles = obstacles.union(behind)
        return all(
            want.left_out in obstacles or any(self._may(option, obstacles) for option in want.options)
            for want in self._wants
        )

    def _may(self, option: Option, obstacles: frozenset[Obstacle]) -> bool:
        if option.fewer in obstacles:
            return self.usable(option, obstacles) >= 1
        if not option.every:
            return self.usable(option, obstacles) >= option.need
        return self.usable(option, obstacles) >= 1 and all(
            any(clause.passes_over and not clause.lifts & obstacles for clause in clauses)
            or all(clause.lifts & obstacles for clause in clauses)
            for clauses in option.devices
        )


def _sets(kinds: Sequence[Sequence[Obstacle]], size: int) -> Iterator[tuple[Obstacle, ...]]:
    """Sets of a size, the cheap ones first; of obstacles of one kind the first ones stand for all."""
    made = []
    for chosen in combinations_with_replacement(range(len(kinds)), size):
        counts = {index: chosen.count(index) for index in chosen}
        if all(len(kinds[index]) >= number for index, number in counts.items()):
            made.append(tuple(o for index, number in counts.items() for o in kinds[index][:number]))
    yield from sorted(made, key=lambda some: cost(one.rank for one in some))


def smallest(
    wants: Sequence[Want],
    obstacles: Iterable[Obstacle],
    kind: Callable[[Obstacle], Hashable],
    fits: Callable[[tuple[Obstacle, ...]], bool],
    tries: int = TRIES,
) -> Smallest:
    """The cheapest of the smallest sets that `fits` says yes to, which is asked so many times at most.

    Obstacles of one `kind` are alike: what comes of one comes of another. Those of a last resort come after all others.
    """
    groups: dict[Hashable, list[Obstacle]] = {}
    last = []
    for obstacle in obstacles:
        if obstacle.rank is LAST:
            last.append(obstacle)
        else:
            groups.setdefault(kind(obstacle), []).append(obstacle)
    kinds = sorted(groups.values(), key=lambda some: some[0].rank)
    sieve = _Sieve(wants)
    complete = True
    for size in range(1, MOST + 1):
        complete &= len(kinds) <= _KINDS[size]
        for number, some in enumerate(_sets(kinds[: _KINDS[size]], size)):
            if number == _LOOKED_AT or not tries:
                complete = False
                break
            if sieve.passes(frozenset(some)):
                tries -= 1
                if fits(some):
                    return Smallest(some)
    last.reverse()
    resorts = [(one,) for one in last] + [(mine[0], one) for one in last for mine in kinds]
    for some in resorts[:_LAST_TRIES]:
        if fits(some):
            return Smallest(some)
    return Smallest(complete=complete)
