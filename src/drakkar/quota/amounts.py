"""Amounts by the names that quotas have for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from drakkar.api.pod_totals import Amounts
from drakkar.api.quantity import NANO, Quantity

NOTHING = Quantity(0)


def whole(count: int) -> Quantity:
    """So many of something."""
    return Quantity(count * NANO)


def plus(one: Mapping[str, Quantity], other: Mapping[str, Quantity]) -> Amounts:
    """The sums."""
    total = dict(one)
    for name, amount in other.items():
        total[name] = total[name] + amount if name in total else amount
    return total


def masked(amounts: Mapping[str, Quantity], names: Collection[str]) -> Amounts:
    """Those of these names."""
    return {name: amount for name, amount in amounts.items() if name in names}


def more(new: Mapping[str, Quantity], old: Mapping[str, Quantity]) -> Amounts:
    """By how much `new` is above `old`, where it is."""
    found = {}
    for name, amount in new.items():
        above = amount - old[name] if name in old else amount
        if above.nanos > 0:
            found[name] = above
    return found


def negative(amounts: Mapping[str, Quantity]) -> list[str]:
    """The names of what is below nothing."""
    return sorted(name for name, amount in amounts.items() if amount.nanos < 0)


def same(one: Mapping[str, Quantity], other: Mapping[str, Quantity]) -> bool:
    """Whether both have the same names and amounts, in whatever form."""
    return one == other


def written(amounts: Mapping[str, Quantity]) -> dict[str, str]:
    """As objects have them."""
    return {name: amount.format() for name, amount in amounts.items()}


def told(amounts: Mapping[str, Quantity], names: Iterable[str]) -> str:
    """Those of these names, as messages show them."""
    return ",".join(f"{name}={amounts[name].format()}" for name in sorted(names) if name in amounts)
