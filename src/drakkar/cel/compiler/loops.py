"""The macros over lists and maps in compiled expressions; whatever goes wrong in one is left to the interpreter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from drakkar.cel.library.maps import Growth
from drakkar.cel.outcome import Fault
from drakkar.cel.values import LISTS

_Round = Callable[..., Any]


def elements(over: Any) -> Iterable[Any]:
    """The elements of a list or keys of a map."""
    if type(over) in LISTS or isinstance(over, Mapping):
        return over  # type: ignore[no-any-return]
    raise Fault("not a list or map")


def rounds(over: Any) -> Iterable[tuple[Any]]:
    """The same, each as the one argument of a round."""
    return ((item,) for item in elements(over))


def pairs(over: Any) -> Iterable[tuple[Any, Any]]:
    """Index and element of a list, key and value of a map."""
    if isinstance(over, Mapping):
        return over.items()
    if type(over) not in LISTS:
        raise Fault("not a list or map")
    return enumerate(over)


def every(over: Iterable[tuple[Any, ...]], holds: _Round) -> bool:
    """`all`."""
    return all(holds(*each) for each in over)


def some(over: Iterable[tuple[Any, ...]], holds: _Round) -> bool:
    """`exists`."""
    return any(holds(*each) for each in over)


def one(over: Iterable[tuple[Any, ...]], holds: _Round) -> bool:
    """`exists_one`."""
    return sum(1 for each in over if holds(*each)) == 1


def mapped(over: Iterable[tuple[Any, ...]], become: _Round) -> tuple[Any, ...]:
    """`map` and `transformList`."""
    return tuple(become(*each) for each in over)


def chosen_mapped(over: Iterable[tuple[Any, ...]], become: _Round, holds: _Round) -> tuple[Any, ...]:
    """The same of what a condition chooses, and `filter`."""
    return tuple(become(*each) for each in over if holds(*each))


def inserted(
    over: Iterable[tuple[Any, ...]], entries: Callable[..., Mapping[Any, Any]], holds: _Round | None = None
) -> Mapping[Any, Any]:
    """`transformMap` and `transformMapEntry`; no key may come twice."""
    made = Growth()
    for each in over:
        if holds is None or holds(*each):
            made.add(entries(*each))
    return made.map()
