"""Functions of lists and maps: every expected value is what cel-go gave for the same call."""

from __future__ import annotations

import math
from typing import Any

import pytest

from drakkar.api.quantity import Quantity
from drakkar.cel.library.lists import FUNCTIONS
from drakkar.cel.library.time_values import Duration, Timestamp
from drakkar.cel.outcome import Fault, LimitExceeded
from drakkar.cel.values import NONE, Optional, UInt

LOW, HIGH = -(2**63), 2**63 - 1
NAN, INF = math.nan, math.inf
ONE = Quantity.parse("1")

CASES: list[tuple[str, tuple[Any, ...], Any]] = [
    ("in_list", (1, (1.0, "a")), True),
    ("in_list", (ONE, ("a",)), False),
    ("in_list", (NAN, (NAN,)), False),
    ("in_map", (1, {UInt(1): 0}), True),
    ("in_map", (1.5, {1: 0}), False),
    ("in_map", (True, {1: 0}), False),
    ("in_map", (1, {True: 0}), False),
    ("in_map", (None, {"a": 0}), False),
    ("in_map", ((1,), {"a": 0}), False),
    ("size_list", ((1, 2),), 2),
    ("map_size", ({"a": 1},), 1),
    ("list_distinct", ((1, 1.0, UInt(1), True, "a", "a"),), (1, True, "a")),
    ("list_distinct", (((1,), (1.0,), (2,)),), ((1,), (2,))),
    ("list_distinct", ((NAN, NAN),), (NAN, NAN)),
    ("list_flatten", (((1, 2), (3, (4,))),), (1, 2, 3, (4,))),
    ("list_flatten", (1,), Fault),
    ("list_flatten_int", ((1, (2, (3, (4,)))), 2), (1, 2, 3, (4,))),
    ("list_flatten_int", ((1, (2,)), 0), (1, (2,))),
    ("list_flatten_int", ((1,), -1), Fault),
    ("lists_range", (3,), (0, 1, 2)),
    ("lists_range", (-1,), Fault),
    ("lists_range", (1_000_001,), Fault),
    ("list_reverse", ((1, "a"),), ("a", 1)),
    ("list_slice", ((1, 2, 3), 1, 3), (2, 3)),
    ("list_slice", ((1, 2, 3), 2, 1), Fault),
    ("list_slice", ((1, 2, 3), 0, 4), Fault),
    ("list_slice", ((1, 2, 3), -1, 1), Fault),
    ("list_a_index_of_int", ((1, 2.0, 2), 2), 1),
    ("list_a_index_of_int", ((ONE, "a"), "a"), 1),
    ("list_a_last_index_of_int", ((1, 2.0, 2), 2), 2),
    ("list_a_last_index_of_int", (("a",), "b"), -1),
    ("list_includes_dyn_dyn", ((1, 2), 2.0), True),
    ("list_includes_dyn_dyn", ("x", "x"), True),
    ("list_includes_dyn_dyn", (ONE, "x"), False),
    ("list_first", ((),), NONE),
    ("list_first", ((1, 2),), Optional(True, 1)),
    ("list_last", ((1, 2),), Optional(True, 2)),
    ("list_sets_contains_list", ((1, 2.0, UInt(3)), (1.0, 2, 3)), True),
    ("list_sets_contains_list", (("a",), ("a", "b")), False),
    ("list_sets_contains_list", ((), ()), True),
    ("list_sets_equivalent_list", ((1,), (1, 1)), True),
    ("list_sets_equivalent_list", ((1, 2), (1, 1)), False),
    ("list_sets_intersects_list", (((1,), (2, 3)), ((1, 2), (2, 3.0))), True),
    ("list_sets_intersects_list", ((), (1,)), False),
    ("list_int_sort", ((3, -1, 2),), (-1, 2, 3)),
    ("list_string_sort", (("\uffff", "😀", "a"),), ("a", "\uffff", "😀")),
    ("list_double_sort", ((NAN, 1.0, NAN, -1.0),), (NAN, 1.0, NAN, -1.0)),
    ("list_int_sort", ((1, "x"),), Fault),
    ("list_google.protobuf.Duration_sort", ((Duration(2), Duration(1)),), (Duration(1), Duration(2))),
    ("list_int_sortByAssociatedKeys", (("a", "b", "c"), (2, 1, 2)), ("b", "a", "c")),
    ("list_int_sortByAssociatedKeys", (("a",), (2, 1)), Fault),
    # More than twelve: Go's sort is not stable any more.
    (
        "list_int_sortByAssociatedKeys",
        (tuple(range(20)), tuple(at % 3 for at in range(20))),
        (9, 18, 15, 3, 12, 0, 6, 10, 7, 4, 13, 16, 1, 19, 8, 5, 11, 14, 2, 17),
    ),
    ("list_int_is_sorted_bool", ((1, 1, 2),), True),
    ("list_int_is_sorted_bool", ((1, 2.0, "x"),), True),
    ("list_int_is_sorted_bool", ((2, 1.0),), False),
    ("list_int_is_sorted_bool", ((1, None),), Fault),
    ("list_double_is_sorted_bool", ((2.0, NAN, 1.0),), True),
    ("list_int_max_int", ((1, "x"),), 1),
    ("list_int_max_int", ((1, None),), Fault),
    ("list_int_max_int", ((),), Fault),
    ("list_double_min_double", ((2.0, NAN, 1.0),), 1.0),
    ("list_double_max_double", ((NAN, 1.0),), NAN),
    ("list_bool_max_bool", ((False, True),), True),
    ("list_timestamp_min_timestamp", ((Timestamp(5), Timestamp(-7)),), Timestamp(-7)),
    ("list_int_sum_int", ((),), 0),
    ("list_int_sum_int", ((HIGH, 1, -1),), Fault),
    ("list_int_sum_int", ((1, UInt(1)),), Fault),
    ("list_uint_sum_uint", ((UInt(1), UInt(2)),), UInt(3)),
    ("list_double_sum_double", ((1e100, 1.0, -1e100),), 0.0),
    ("list_double_sum_double", ((INF, -INF),), NAN),
    ("list_duration_sum_duration", ((Duration(1), Duration(2)),), Duration(3)),
    ("list_duration_sum_duration", ((Duration(HIGH), Duration(1)),), Fault),
    ("list_duration_sum_duration", ((Duration(1), Timestamp(5)),), Timestamp(6)),
    ("optional_unwrap", ((Optional(True, 1), NONE),), (1,)),
]


def shown(value: Any) -> str:
    if isinstance(value, Optional):
        return f"optional({shown(value.value)})" if value.present else "none"
    return f"{type(value).__name__} {value!r}"


@pytest.mark.parametrize(("overload", "arguments", "expected"), CASES)
def test_gives_the_value_of_upstream(overload: str, arguments: tuple[Any, ...], expected: Any) -> None:
    if expected is Fault:
        with pytest.raises(Fault):
            FUNCTIONS[overload](*arguments)
    else:
        # NaN is not equal to itself, and 1 is to True.
        assert shown(FUNCTIONS[overload](*arguments)) == shown(expected)


def test_unwrap_is_for_optionals() -> None:
    with pytest.raises(Fault):
        FUNCTIONS["optional_unwrapOpt"]((Optional(True, 1), 2))


def test_a_key_is_inserted_once() -> None:
    insert, insert_all = FUNCTIONS["@mapInsert_map_key_value"], FUNCTIONS["@mapInsert_map_map"]
    start = {1: "a"}
    assert insert(start, 2, "b") == {1: "a", 2: "b"}
    assert insert_all(start, {"x": 1}) == {1: "a", "x": 1}
    assert start == {1: "a"}
    for key in (1, UInt(1), 1.0, b"bytes", {}):
        with pytest.raises(Fault):
            insert(start, key, "b")


def doubled(depth: int) -> tuple[Any, ...]:
    value: tuple[Any, ...] = ()
    for _ in range(depth):
        value = (value, value)
    return value


@pytest.mark.parametrize(
    ("overload", "arguments"),
    [
        ("list_flatten_int", ((doubled(40),), 50)),
        ("list_distinct", (tuple(at / 2 for at in range(1500)),)),
        ("list_sets_intersects_list", ((0.5,) * 1001, (1.5,) * 1000)),
        ("list_int_sort", (tuple(range(1001)),)),
        ("in_list", (doubled(40), (doubled(40),))),
    ],
)
def test_work_is_bounded(overload: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(LimitExceeded):
        FUNCTIONS[overload](*arguments)
