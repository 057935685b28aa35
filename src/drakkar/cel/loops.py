"""The macros that walk over a list or the keys of a map."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from drakkar.cel.outcome import Fault
from drakkar.cel.values import Budget, type_of


def every(budget: Budget, cost: int, over: Any, holds: Callable[[Any], bool]) -> bool:
    """`all`: one false decides, errors beside it are absorbed."""
    fault: Fault | None = None
    for element in budget.rounds(over, cost):
        try:
            if not holds(element):
                return False
        except Fault as error:
            fault = fault or error
    if fault is not None:
        raise fault
    return True


def some(budget: Budget, cost: int, over: Any, holds: Callable[[Any], bool]) -> bool:
    """`exists`: one true decides, errors beside it are absorbed."""
    fault: Fault | None = None
    for element in budget.rounds(over, cost):
        try:
            if holds(element):
                return True
        except Fault as error:
            fault = fault or error
    if fault is not None:
        raise fault
    return False


def one(budget: Budget, cost: int, over: Any, holds: Callable[[Any], bool]) -> bool:
    """`exists_one`: exactly one true; absorbs nothing."""
    return sum(1 for element in budget.rounds(over, cost) if holds(element)) == 1


def chosen(budget: Budget, cost: int, over: Any, holds: Callable[[Any], bool]) -> tuple[Any, ...]:
    """`filter`."""
    return tuple(element for element in budget.rounds(over, cost) if holds(element))


def mapped(budget: Budget, cost: int, over: Any, become: Callable[[Any], Any]) -> tuple[Any, ...]:
    """`map` with two arguments."""
    return tuple(become(element) for element in budget.rounds(over, cost))


def chosen_mapped(
    budget: Budget, cost: int, over: Any, holds: Callable[[Any], bool], become: Callable[[Any], Any]
) -> tuple[Any, ...]:
    """`map` with three arguments."""
    return tuple(become(element) for element in budget.rounds(over, cost) if holds(element))


def pairs(over: Any) -> tuple[tuple[Any, Any], ...]:
    """Index and element of a list, key and value of a map."""
    if isinstance(over, Mapping):
        return tuple(over.items())
    if type(over) is tuple:
        return tuple(enumerate(over))
    raise Fault(f"no such overload: a {type_of(over)} has no elements")


def mapped_values(
    budget: Budget, cost: int, over: tuple[tuple[Any, Any], ...], become: Callable[[Any], Any]
) -> dict[Any, Any]:
    """`transformMap` with three arguments."""
    return {pair[0]: become(pair) for pair in budget.rounds(over, cost)}


def chosen_mapped_values(
    budget: Budget,
    cost: int,
    over: tuple[tuple[Any, Any], ...],
    holds: Callable[[Any], bool],
    become: Callable[[Any], Any],
) -> dict[Any, Any]:
    """`transformMap` with four arguments."""
    return {pair[0]: become(pair) for pair in budget.rounds(over, cost) if holds(pair)}
