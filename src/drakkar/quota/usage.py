"""What is in use of a quota, from all the objects that it counts."""

from __future__ import annotations

from collections.abc import Iterable

from drakkar.api.object import Object
from drakkar.api.pod_totals import Amounts, add
from drakkar.quota import amounts
from drakkar.quota.evaluator import Evaluator, World
from drakkar.quota.scopes import requirements


def usage(
    quota: Object, hard: Iterable[str], sorts: Iterable[tuple[Evaluator, Iterable[Object]]], world: World
) -> Amounts:
    """The usage by those names of `hard` that any of the sorts of objects may use something of."""
    asked = requirements(quota)
    total: Amounts = {}
    hard = set(hard)
    for evaluator, objects in sorts:
        names = evaluator.names(hard, world)
        total = amounts.plus(total, {name: amounts.NOTHING for name in names})
        for obj in objects:
            measured = evaluator.measure(obj, world)
            if measured.meets(asked):
                add(total, amounts.masked(measured.usage, names))
    return total
