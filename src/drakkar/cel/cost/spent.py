"""What a call did cost, by the values that went in and what came out, as upstream's run-time limit counts it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from drakkar.cel.outcome import Fault, Panic
from drakkar.cel.values import Optional, type_name

_TRAVERSAL: Final = 0.1
_PATTERN: Final = 0.25
_LIST: Final = 10
_STRUCT: Final = 40

_Rule = Callable[[str, Sequence[Any], Any], int]


def _size(value: Any) -> int:
    if isinstance(value, str | bytes | tuple | Mapping):
        return len(value)
    size = getattr(value, "size", None)
    return int(size()) if callable(size) else 1


def _inner_size(value: Any) -> int:
    return _inner_size(value.value) if type(value) is Optional and value.present else _size(value)


def _up(value: float) -> int:
    return math.ceil(value)


def _tree(value: Any, known: dict[int, int] | None = None) -> int:
    """All that is in a value; `known` are the parts counted so far, by what Python calls them, for one may stand in many."""
    if isinstance(value, str):
        return int(len(value.encode(errors="surrogatepass")) * _TRAVERSAL)
    if isinstance(value, bytes):
        return int(len(value) * _TRAVERSAL)
    if not isinstance(value, tuple | Mapping):
        return 1
    known = {} if known is None else known
    if id(value) not in known:
        parts = value if isinstance(value, tuple) else itertools.chain.from_iterable(value.items())
        known[id(value)] = sum(_tree(part, known) for part in parts)
    return known[id(value)]


def _one(_: str, __: Sequence[Any], ___: Any) -> int:
    return 1


def _traversed(factor: float) -> _Rule:
    return lambda _, args, __: _up(_size(args[0]) * factor * _TRAVERSAL)


def _pattern(_: str, args: Sequence[Any], __: Any) -> int:
    return _up((1.0 + _size(args[0])) * _TRAVERSAL) * _up(_size(args[1]) * _PATTERN)


def _ip(overload: str, args: Sequence[Any], _: Any) -> int:
    return 1 if overload == "cidr_ip" else _up(_size(args[0]) * _TRAVERSAL)


def _contains(network: bool) -> _Rule:
    def rule(overload: str, args: Sequence[Any], _: Any) -> int:
        size = _size(args[0])
        cost = _up(2 * size * _TRAVERSAL)
        if network:
            cost += _up(size * _TRAVERSAL) + 1
        return cost + (_up(_size(args[1]) * _TRAVERSAL) if overload.endswith("_string") else 0)

    return rule


def _validate(_: str, args: Sequence[Any], __: Any) -> int:
    return _up((1.0 + _size(args[1])) * _TRAVERSAL) * _up(args[0].max_regex_size * _PATTERN)


def _many(names: str, rule: _Rule) -> dict[str, _Rule]:
    return dict.fromkeys(names.split(), rule)


def _selector(_: str, args: Sequence[Any], __: Any) -> int:
    # Its reading, and a structure with a list for each requirement that there is room for.
    size = _size(args[1])
    return _LIST + _up(size * _TRAVERSAL) + _up(size / 2) * (_LIST + _STRUCT)


_BY_FUNCTION: Final[Mapping[str, _Rule]] = {
    # So that there is room for two in an expression.
    "check": lambda _, __, ___: 350_000,
    **_many("fieldSelector labelSelector", _selector),
    **_many("isSorted sum max min indexOf lastIndexOf includes", lambda _, args, __: _tree(args[0])),
    **_many("url lowerAscii upperAscii substring trim", _traversed(1)),
    **_many("replace split", _traversed(2)),
    "join": lambda _, __, result: _up(_size(result) * 2 * _TRAVERSAL),
    **_many("find findAll", _pattern),
    **_many("cidr isIP isCIDR quantity isQuantity semver isSemver", _traversed(1)),
    "ip": _ip,
    "ip.isCanonical": _traversed(2),
    "containsIP": _contains(False),
    "containsCIDR": _contains(True),
    "validate": _validate,
}


def _allocated(factor: float, size: int) -> int:
    return int(float(size) * (factor if factor >= 0 else 1.0)) + 1 + _LIST


def _not_paid(operand: Any, wanted: str) -> Panic:
    """Upstream looks at some operands while it counts, without asking whether they are errors, and ends there."""
    why = str(operand) if isinstance(operand, Fault) else f"{type_name(operand)} is not {wanted}"
    return Panic(f"internal error: {why}")


def _result(_: str, __: Sequence[Any], result: Any) -> int:
    return _allocated(1, _size(result))


def _flattened(_: str, args: Sequence[Any], __: Any) -> int:
    if len(args) == 2 and type(args[1]) is not int:
        raise _not_paid(args[1], "a depth")
    return _allocated(float(args[1]) if len(args) == 2 else 1.0, _size(args[0]))


def _compared(index: int) -> _Rule:
    def rule(_: str, args: Sequence[Any], __: Any) -> int:
        items = args[index]
        if not isinstance(items, tuple):
            raise _not_paid(items, "a list")
        text = bool(items) and isinstance(items[0], str | bytes)
        return _allocated(2 + _TRAVERSAL if text else 2.0, len(items) ** 2)

    return rule


def _sets(factor: int) -> _Rule:
    return lambda _, args, __: 1 + _size(args[0]) * _size(args[1]) * factor


_BY_OVERLOAD: Final[Mapping[str, _Rule]] = {
    **_many("list_slice lists_range list_reverse", _result),
    **_many("list_flatten list_flatten_int", _flattened),
    "list_distinct": _compared(0),
    **_many("list_sets_contains_list list_sets_intersects_list", _sets(1)),
    "list_sets_equivalent_list": _sets(2),
}


def _smaller(_: str, args: Sequence[Any], __: Any) -> int:
    return _up(min(_inner_size(args[0]), _inner_size(args[1])) * _TRAVERSAL)


_BASIC: Final[Mapping[str, _Rule]] = {
    **_many("starts_with_string ends_with_string", lambda _, args, __: _up(_size(args[1]) * _TRAVERSAL)),
    **_many("string_to_bytes bytes_to_string strings_quote string_format", _traversed(1)),
    "in_list": lambda _, args, __: _inner_size(args[1]),
    **{
        f"{name}_{kind}": _smaller
        for name in ("less", "less_equals", "greater", "greater_equals")
        for kind in ("string", "bytes")
    },
    **_many("equals not_equals", _smaller),
    **_many("add_string add_bytes", lambda _, args, __: _up((_size(args[0]) + _size(args[1])) * _TRAVERSAL)),
    **_many("matches matches_string", _pattern),
    "contains_string": lambda _, args, __: (
        _up(_size(args[0]) * _TRAVERSAL) * _up(_size(args[1]) * _TRAVERSAL)
    ),
}


def spent(function: str, overload: str, args: Sequence[Any], result: Any) -> int:
    """The cost of a call; `overload` is empty where only the values told which one it is."""
    if overload.endswith(("_sort", "_sortByAssociatedKeys")):
        return _compared(len(args) - 1)(overload, args, result)
    if function == "_==_" and type_name(args[0]).startswith(("kubernetes.", "net.")):
        return 1
    rule = _BY_OVERLOAD.get(overload) or _BY_FUNCTION.get(function) or _BASIC.get(overload)
    return rule(overload, args, result) if rule else 1
