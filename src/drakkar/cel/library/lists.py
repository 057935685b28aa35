"""Functions of lists and maps: sizes, cel-go's lists (version 3) and sets, Kubernetes' lists, `in`, map insertion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, Final

from drakkar.cel.library.list_order import check_ordered, compare, in_order
from drakkar.cel.library.maps import check_hashable
from drakkar.cel.library.network import CIDR, IP
from drakkar.cel.library.time_values import Duration, Timestamp, duration, timestamp
from drakkar.cel.library.type_values import TypeValue
from drakkar.cel.outcome import Fault, LimitExceeded
from drakkar.cel.typed import TypedMap
from drakkar.cel.values import (
    LISTS,
    NONE,
    SIZE_LIMIT,
    DeviceMap,
    DomainMap,
    Optional,
    PlainMap,
    UInt,
    equal,
    new_list,
    no_plain_key,
)

# So many comparisons may one call make. Upstream charges at least one for each, so an expression that needs
# more costs too much anyway.
_COMPARISONS: Final = 1_000_000
_NO_SUM: Final = "no such overload: the elements of the list have no sum"
_HASHABLE: Final = frozenset((str, int))
_KEYS: Final = frozenset(
    (bool, int, UInt, float, str, type(None), Duration, Timestamp, IP, CIDR, TypeValue, Optional)
)
_NUMBERS: Final = frozenset((int, UInt, float))
_WITH_PARTS: Final[frozenset[type]] = frozenset((*LISTS, dict, DeviceMap, DomainMap, PlainMap, TypedMap))


class _Work:
    """Compares values, and counts what it takes: a list or map costs what is in it."""

    __slots__ = ("left", "weights")

    def __init__(self) -> None:
        self.left = _COMPARISONS
        self.weights: dict[int, int] = {}

    def same(self, item: Any, other: Any) -> bool:
        """Whether `item == other`; values that refuse to be compared are not the same, as in Go."""
        kind = type(item)
        if kind in _WITH_PARTS:
            # Of different lengths they are told apart at once.
            self.left -= self.weight(item) if type(other) in _WITH_PARTS and len(other) == len(item) else 1
        else:
            self.left -= 1
        if self.left < 0:
            raise LimitExceeded
        try:
            return equal(item, other)
        except Fault:
            return False

    def weight(self, value: Any) -> int:
        """How many values are in a value. The argument stays alive during the call, so its id is its own."""
        if type(value) in LISTS:
            inner: Iterable[Any] = value
        elif isinstance(value, Mapping):
            inner = value.values()
        else:
            return 1
        known = self.weights.get(id(value))
        if known is None:
            known = 1 + sum(map(self.weight, inner))
            self.weights[id(value)] = known
        return known


def in_list(item: Any, items: tuple[Any, ...]) -> bool:
    """`item in list`: an element that cannot be compared with the item is another one."""
    same = _Work().same
    return any(same(item, other) for other in items)


def in_map(key: Any, mapping: Mapping[Any, Any]) -> bool:
    """`key in map`: numbers are found across their types; what is no key of a dict is found by itself alone."""
    kind = type(key)
    if type(mapping) is PlainMap and kind is not str:
        raise no_plain_key(key)
    if not mapping:
        return False
    if kind not in _KEYS:
        # What the device has are maps of names, which ask for the type of a key first.
        if type(mapping) is not DeviceMap and type(mapping) is not DomainMap:
            check_hashable(key)
        return not isinstance(mapping, dict) and key in mapping
    if kind is bool:
        # Python takes True for the key 1; CEL does not.
        return any(found is key for found in mapping)
    if key not in mapping:
        return False
    return kind not in _NUMBERS or not any(type(found) is bool and found == key for found in mapping)


def index_of(items: tuple[Any, ...], wanted: Any) -> int:
    """`indexOf` on a list: -1 if it is not there."""
    same = _Work().same
    return next((at for at, item in enumerate(items) if same(item, wanted)), -1)


def last_index_of(items: tuple[Any, ...], wanted: Any) -> int:
    """`lastIndexOf` on a list: -1 if it is not there."""
    same = _Work().same
    return next((at for at in range(len(items) - 1, -1, -1) if same(items[at], wanted)), -1)


def includes(value: Any, wanted: Any) -> bool:
    """`includes`: an element of a list, or the value itself."""
    same = _Work().same
    if type(value) in LISTS:
        return any(same(item, wanted) for item in value)
    return same(value, wanted)


def _all_found(items: tuple[Any, ...], among: tuple[Any, ...], work: _Work) -> bool:
    if _simple(items) and _simple(among):
        # Python's own equality is CEL's among strings and among ints; unequal types are never equal.
        return frozenset(items) <= frozenset(among)
    return all(any(work.same(item, other) for other in among) for item in items)


def _simple(items: tuple[Any, ...]) -> bool:
    return all(type(item) in _HASHABLE for item in items)


def sets_contains(items: tuple[Any, ...], part: tuple[Any, ...]) -> bool:
    """`sets.contains`: every element of the second list is in the first."""
    return _all_found(part, items, _Work())


def sets_equivalent(left: tuple[Any, ...], right: tuple[Any, ...]) -> bool:
    """`sets.equivalent`: each list has every element of the other."""
    work = _Work()
    return _all_found(right, left, work) and _all_found(left, right, work)


def sets_intersects(left: tuple[Any, ...], right: tuple[Any, ...]) -> bool:
    """`sets.intersects`: an element of one list is in the other."""
    if _simple(left) and _simple(right):
        return not frozenset(left).isdisjoint(right)
    same = _Work().same
    return any(same(item, other) for item in left for other in right)


def distinct(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """`distinct`: the first of those that are equal, also across number types; NaN equals nothing."""
    if _simple(items):
        return tuple(dict.fromkeys(items))
    same = _Work().same
    found: list[Any] = []
    for item in items:
        if not any(same(item, other) for other in found):
            found.append(item)
    return tuple(found)


def flatten(items: Any, depth: int = 1) -> tuple[Any, ...]:
    """`flatten`: lists in the list opened up, `depth` levels deep."""
    if type(items) not in LISTS:
        raise Fault("no such overload: flatten is for lists")
    if depth < 0:
        raise Fault("level must be non-negative")
    flat: list[Any] = []
    visited = 0
    # The lists that are open, innermost last; there is no recursion that deep nesting could exhaust.
    open_lists = [iter(items)]
    while open_lists:
        for item in open_lists[-1]:
            visited += 1
            if visited > SIZE_LIMIT:
                raise LimitExceeded
            if type(item) in LISTS and len(open_lists) <= depth:
                open_lists.append(iter(item))
                break
            flat.append(item)
        else:
            open_lists.pop()
    return tuple(flat)


def lists_range(count: int) -> tuple[int, ...]:
    """`lists.range`: 0 up to, not including, the count; Fault if it is negative or over a million."""
    if count < 0:
        raise Fault(f"lists.range: size must be non-negative, got {count}")
    if count > SIZE_LIMIT:
        raise Fault(f"lists.range: size {count} exceeds maximum allowed ({SIZE_LIMIT})")
    return tuple(range(count))


def reverse(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """`reverse`."""
    return items[::-1]


def slice_list(items: tuple[Any, ...], start: int, end: int) -> tuple[Any, ...]:
    """`slice`: from `start` up to, not including, `end`; Fault unless both are in the list, in order."""
    if start < 0 or end < 0:
        raise Fault(f"cannot slice({start}, {end}), negative indexes not supported")
    if start > end:
        raise Fault(f"cannot slice({start}, {end}), start index must be less than or equal to end index")
    if len(items) < end:
        raise Fault(f"cannot slice({start}, {end}), list is length {len(items)}")
    # Of all elements Python would give the list itself.
    return new_list(items[start:end])


def sort(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """`sort`: Fault unless all elements are of one type that has an order."""
    return in_order(items, items)


def sort_by_keys(items: tuple[Any, ...], keys: tuple[Any, ...]) -> tuple[Any, ...]:
    """`@sortByAssociatedKeys`, to which `sortBy` expands: the elements in the order of their keys."""
    if len(items) != len(keys):
        raise Fault(
            "@sortByAssociatedKeys() expected a list of the same size as the associated keys list, "
            f"but got {len(items)} and {len(keys)} elements respectively"
        )
    return in_order(keys, items)


def is_sorted(items: tuple[Any, ...]) -> bool:
    """`isSorted`: a pair that cannot be compared is in order."""
    for at, item in enumerate(items):
        check_ordered(item)
        if at and compare(items[at - 1], item) == 1:
            return False
    return True


def _extreme(name: str, worse: int) -> Callable[[tuple[Any, ...]], Any]:
    def extreme(items: tuple[Any, ...]) -> Any:
        if not items:
            raise Fault(f"{name} called on empty list")
        best = items[0]
        check_ordered(best)
        for item in islice(items, 1, None):
            check_ordered(item)
            if compare(best, item) == worse:
                best = item
        return best

    return extreme


def _sum(kind: Any, low: int, high: int, overflow: str) -> Callable[[tuple[Any, ...]], Any]:
    """The sum of whole numbers of one type: every sum on the way has to fit."""

    def total(items: tuple[Any, ...]) -> Any:
        result = 0
        for item in items:
            if type(item) is not kind:
                raise Fault(_NO_SUM)
            result += int(item)
            if not low <= result <= high:
                raise Fault(overflow)
        return kind(result)

    return total


def _sum_durations(items: tuple[Any, ...]) -> Any:
    """The sum of durations; one timestamp among them (in a list of dyn) makes it a timestamp, as in Go."""
    result: Duration | Timestamp = Duration(0)
    for item in items:
        if type(item) is Timestamp and type(result) is Duration:
            result = timestamp(result.nanos + item.nanos, item.offset)
        elif type(item) is not Duration:
            raise Fault(_NO_SUM)
        elif type(result) is Timestamp:
            result = timestamp(result.nanos + item.nanos, result.offset)
        else:
            result = duration(result.nanos + item.nanos)
    return result


def _sum_doubles(items: tuple[Any, ...]) -> float:
    result = 0.0
    for item in items:
        if type(item) is not float:
            raise Fault(_NO_SUM)
        result += item
    return result


def first(items: tuple[Any, ...]) -> Optional:
    """`first`: none of an empty list."""
    return Optional(True, items[0]) if items else NONE


def last(items: tuple[Any, ...]) -> Optional:
    """`last`: none of an empty list."""
    return Optional(True, items[-1]) if items else NONE


def unwrap(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """`optional.unwrap`: the values that are there; Fault for an element that is no optional."""
    for item in items:
        if type(item) is not Optional:
            raise Fault("value is not optional")
    return tuple(item.value for item in items if item.present)


def insert(mapping: Mapping[Any, Any], key: Any, value: Any) -> dict[Any, Any]:
    """`cel.@mapInsert(map, key, value)`: the map with one key more; Fault if it has that key."""
    return insert_all(mapping, {key: value} if type(key) in _KEYS else _no_key(key))


def insert_all(mapping: Mapping[Any, Any], more: Mapping[Any, Any]) -> dict[Any, Any]:
    """`cel.@mapInsert(map, map)`: the map with the keys of the second; Fault if it has one of them."""
    result = dict(mapping)
    for key, value in more.items():
        if type(key) not in _KEYS:
            _no_key(key)
        # `True` and `1` are one key to Python: such a map cannot be had.
        if key in result:
            raise Fault(f"insert failed: key {key} already exists")
        result[key] = value
    if len(result) > SIZE_LIMIT:
        raise LimitExceeded
    return result


def _no_key(key: Any) -> dict[Any, Any]:
    raise Fault(f"unsupported key type: {type(key).__name__}")


_WORDS: Final[Mapping[str, str]] = {
    "int": "int",
    "uint": "uint",
    "double": "double",
    "bool": "bool",
    "duration": "google.protobuf.Duration",
    "timestamp": "google.protobuf.Timestamp",
    "string": "string",
    "bytes": "bytes",
}

FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "in_list": in_list,
    "in_map": in_map,
    "size_list": len,
    "list_size": len,
    "size_map": len,
    "map_size": len,
    "list_distinct": distinct,
    "list_flatten": flatten,
    "list_flatten_int": flatten,
    "lists_range": lists_range,
    "list_reverse": reverse,
    "list_slice": slice_list,
    "list_a_index_of_int": index_of,
    "list_a_last_index_of_int": last_index_of,
    "list_includes_dyn_dyn": includes,
    "list_first": first,
    "list_last": last,
    "list_sets_contains_list": sets_contains,
    "list_sets_equivalent_list": sets_equivalent,
    "list_sets_intersects_list": sets_intersects,
    "list_int_sum_int": _sum(int, -(2**63), 2**63 - 1, "integer overflow"),
    "list_uint_sum_uint": _sum(UInt, 0, 2**64 - 1, "unsigned integer overflow"),
    "list_double_sum_double": _sum_doubles,
    "list_duration_sum_duration": _sum_durations,
    "optional_unwrap": unwrap,
    "optional_unwrapOpt": unwrap,
    "@mapInsert_map_key_value": insert,
    "@mapInsert_map_map": insert_all,
    **{f"list_{long}_sort": sort for long in _WORDS.values()},
    **{f"list_{long}_sortByAssociatedKeys": sort_by_keys for long in _WORDS.values()},
    **{f"list_{word}_is_sorted_bool": is_sorted for word in _WORDS},
    **{f"list_{word}_min_{word}": _extreme("min", 1) for word in _WORDS},
    **{f"list_{word}_max_{word}": _extreme("max", -1) for word in _WORDS},
}
