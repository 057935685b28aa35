"""Finds the code of a call: by its overload where the checker left one, by the values where it left several."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from drakkar.api.quantity import Quantity
from drakkar.api.semver import Version
from drakkar.cel.environment.declarations import Overload, functions
from drakkar.cel.library.table import CODE
from drakkar.cel.outcome import Fault
from drakkar.cel.types import DURATION, DYN, Type, list_of
from drakkar.cel.values import LISTS, UInt, no_overload, type_name

Code = Callable[..., Any]
Test = Callable[[Any], bool]

_CLASSES: Final[dict[str, type]] = {
    "bool": bool,
    "bytes": bytes,
    "double": float,
    "int": int,
    "null_type": type(None),
    "string": str,
    "uint": UInt,
    "kubernetes.Quantity": Quantity,
    "kubernetes.Semver": Version,
}
# Functions of which upstream asks the values what they are, whatever the checker found.
BY_VALUE: Final = frozenset(
    (
        *("_+_", "_-_", "_*_", "_/_", "_%_", "-_", "_<_", "_<=_", "_>_", "_>=_", "@in"),
        *("size", "type", "dyn", "matches", "sort", "@sortByAssociatedKeys"),
    )
)


def _is_anything(_: Any) -> bool:
    return True


@functools.lru_cache(maxsize=1024)
def runtime_test(type_: Type) -> Test:
    """Whether a value may be given for a parameter; of a list or map only the first element is asked, as upstream does."""
    if type_.kind in ("dyn", "any", "param"):
        return _is_anything
    if type_.kind == "list":
        element = runtime_test(type_.params[0])
        return lambda value: type(value) in LISTS and (not value or element(value[0]))
    if type_.kind == "map":
        key, entry = map(runtime_test, type_.params)

        def is_map(value: Any) -> bool:
            if not isinstance(value, Mapping):
                return False
            return all(key(k) and entry(v) for k, v in itertools.islice(value.items(), 1))

        return is_map
    class_ = _CLASSES.get(type_.name)
    if class_ is Quantity:
        # Sums of quantities are of a class of their own.
        return lambda value: isinstance(value, Quantity)
    if class_ is not None:
        return lambda value: type(value) is class_
    name = type_.name
    return lambda value: type_name(value) == name


def class_of(type_: Type) -> type | None:
    """The class that all values of a type have, where it is one class."""
    return _CLASSES.get(type_.name)


def certain(given: Type, wanted: Type) -> bool:
    """Whether a checked type leaves nothing to test when the value is there."""
    if wanted.kind in ("dyn", "any", "param"):
        return True
    if given.kind in ("dyn", "any", "param", "null", "error"):
        return False
    return (
        given.kind == wanted.kind
        and given.name == wanted.name
        and (wanted.kind == "opaque" or all(map(certain, given.params, wanted.params)))
    )


def _taken(overload: Overload) -> tuple[Type, ...]:
    """What an overload takes at run time: a list that is flat already may be flattened, whatever the checker thinks."""
    return (list_of(DYN),) if overload.id == "list_flatten" else overload.params


@functools.cache
def _by_id() -> Mapping[str, Overload]:
    return {overload.id: overload for overloads in functions().values() for overload in overloads}


def overload_named(overload_id: str) -> Overload:
    """The overload of an id."""
    return _by_id()[overload_id]


def _missing(name: str) -> Code:
    def code(*args: Any) -> Any:
        raise no_overload(name, *args)

    return code


def _guarded(name: str, code: Code, tests: Sequence[Test | None]) -> Code:
    def guarded(*args: Any) -> Any:
        for test, arg in zip(tests, args, strict=True):
            if test is not None and not test(arg):
                raise no_overload(name, *args)
        return code(*args)

    return guarded


def code_of(function: str, overloads: Sequence[str], given: Sequence[Type]) -> Code:
    """What a call runs: an overload if the checker found one, else the first of the function that the values fit."""
    if len(overloads) == 1:
        overload = overload_named(overloads[0])
        code = CODE.get(overload.id) or _missing(function)
        if all(map(certain, given, overload.params)):
            return code
        if function in BY_VALUE:
            return _dispatched(function, len(given))
        tests = [
            None if certain(type_, param) else runtime_test(param)
            for type_, param in zip(given, _taken(overload), strict=True)
        ]
        return _guarded(function, code, tests)
    return _dispatched(function, len(given))


@functools.lru_cache(maxsize=1024)
def _dispatched(function: str, count: int) -> Code:
    tried = [
        (tuple(map(runtime_test, _taken(overload))), CODE.get(overload.id) or _missing(function))
        for overload in functions()[function]
        if len(overload.params) == count
    ]
    if function == "-_":
        # No overload says so, and yet a duration has a negative.
        tried.append(((runtime_test(DURATION),), CODE["negate_duration"]))

    ordered = function in ("_<_", "_<=_", "_>_", "_>=_")

    def dispatch(*args: Any) -> Any:
        if ordered and args[0] != args[0]:
            raise Fault("NaN values cannot be ordered")
        for tests, code in tried:
            if all(test(arg) for test, arg in zip(tests, args, strict=True)):
                return code(*args)
        if function in ("sort", "@sortByAssociatedKeys") and type(args[0]) in LISTS:
            raise Fault("list elements must be comparable")
        raise no_overload(function, *args)

    return dispatch
