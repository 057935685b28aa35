"""Conversions, arithmetic and types: every expected value is what cel-go gave for the same call."""

from __future__ import annotations

import math
from typing import Any

import pytest

from drakkar.api.quantity import Quantity
from drakkar.api.semver import Version
from drakkar.cel.library import arithmetic, conversions
from drakkar.cel.library.time_values import Duration, Timestamp
from drakkar.cel.library.type_values import TypeValue
from drakkar.cel.outcome import Fault, LimitExceeded
from drakkar.cel.values import NONE, JoinedList, UInt, equal

FUNCTIONS = {**arithmetic.FUNCTIONS, **conversions.FUNCTIONS}
LOW, HIGH, TOP = -(2**63), 2**63 - 1, UInt(2**64 - 1)
INF = math.inf

CASES: list[tuple[str, tuple[Any, ...], Any]] = [
    ("add_int64", (HIGH, -1), HIGH - 1),
    ("subtract_int64", (LOW, LOW), 0),
    ("multiply_int64", (2**62, -2), LOW),
    ("divide_int64", (-7, 2), -3),
    ("modulo_int64", (-7, 2), -1),
    ("modulo_int64", (7, -2), 1),
    ("negate_int64", (HIGH,), LOW + 1),
    ("add_uint64", (UInt(1), UInt(2)), UInt(3)),
    ("subtract_uint64", (UInt(2), UInt(2)), UInt(0)),
    ("multiply_uint64", (UInt(2**32), UInt(2**31)), UInt(2**63)),
    ("divide_uint64", (TOP, UInt(2)), UInt(2**63 - 1)),
    ("modulo_uint64", (TOP, UInt(10)), UInt(5)),
    ("divide_double", (1.0, -0.0), -INF),
    ("divide_double", (-INF, 0.0), -INF),
    ("multiply_double", (1e308, 10.0), INF),
    ("add_string", ("é", "\U0001f431"), "é\U0001f431"),
    ("add_bytes", (b"a", b""), b"a"),
    ("add_list", ((1,), ("a",)), JoinedList((1, "a"))),
    ("add_list", ((1,), ()), (1,)),
    ("add_list", ((), ("a",)), ("a",)),
    ("string_to_bool", ("T",), True),
    ("string_to_bool", ("False",), False),
    ("string_to_bytes", ("é",), b"\xc3\xa9"),
    ("bytes_to_string", (b"\xf0\x9f\x90\xb1",), "\U0001f431"),
    ("int64_to_double", (2**53 + 1,), 2.0**53),
    ("uint64_to_double", (TOP,), 2.0**64),
    ("double_to_int64", (-1.9,), -1),
    ("double_to_uint64", (-0.0,), UInt(0)),
    ("int64_to_uint64", (HIGH,), UInt(HIGH)),
    ("uint64_to_int64", (UInt(HIGH),), HIGH),
    ("string_to_int64", ("+0009",), 9),
    ("string_to_int64", ("-9223372036854775808",), LOW),
    ("string_to_int64", ("0" * 5_000 + "7",), 7),
    ("string_to_uint64", ("18446744073709551615",), TOP),
    ("string_to_double", ("1_0.5e+1_0",), 1.05e11),
    ("string_to_double", ("0x_1.8p-1",), 0.75),
    ("string_to_double", ("-Infinity",), -INF),
    ("string_to_double", ("1e-999999",), 0.0),
    ("string_to_double", ("0x1p-1075",), 0.0),
    ("string_to_double", (".5",), 0.5),
    ("string_to_double", ("9007199254740993",), 2.0**53),
    ("double_to_string", (123456.0,), "123456"),
    ("double_to_string", (1e6,), "1e+06"),
    ("double_to_string", (1234567.5,), "1.2345675e+06"),
    ("double_to_string", (0.0001,), "0.0001"),
    ("double_to_string", (0.00001234,), "1.234e-05"),
    ("double_to_string", (-0.0,), "-0"),
    ("double_to_string", (5e-324,), "5e-324"),
    ("double_to_string", (INF,), "+Inf"),
    ("double_to_string", (math.nan,), "NaN"),
    ("int64_to_string", (LOW,), "-9223372036854775808"),
    ("uint64_to_string", (TOP,), "18446744073709551615"),
    ("bool_to_string", (True,), "true"),
    ("string_to_duration", ("1h30m1.5s",), Duration(5_401_500_000_000)),
    ("string_to_duration", ("-.5µs",), Duration(-500)),
    ("string_to_duration", ("1μs1ns",), Duration(1_001)),
    ("string_to_duration", ("-0",), Duration(0)),
    ("string_to_duration", ("-9223372036854775808ns",), Duration(LOW)),
    ("string_to_duration", ("0.99999999999999999999999h",), Duration(3_600_000_000_000)),
    ("string_to_duration", ("-9223372036854775808ns9223372036854775808ns",), Duration(0)),
    ("duration_to_string", (Duration(1_500_000_000),), "1.5s"),
    ("duration_to_string", (Duration(-1),), "-0.000000001s"),
    ("duration_to_string", (Duration(HIGH),), "9223372036.854776s"),
    ("duration_to_int64", (Duration(1_500_000_000),), 1_500_000_000),
    ("string_to_timestamp", ("2024-02-29T23:30:45.1234567899Z",), Timestamp(1_709_249_445_123_456_789)),
    ("string_to_timestamp", ("1970-01-01T1:00:00,5+01:00",), Timestamp(500_000_000)),
    ("string_to_timestamp", ("0000-12-31T23:59:59-00:01",), Timestamp(-62_135_596_741_000_000_000)),
    ("timestamp_to_string", (Timestamp(0),), "1970-01-01T00:00:00Z"),
    ("timestamp_to_string", (Timestamp(-1_500_000_000, 19_800),), "1970-01-01T05:29:58.5+05:30"),
    ("timestamp_to_string", (Timestamp(0, -25 * 3_600),), "1969-12-30T23:00:00-25:00"),
    ("timestamp_to_string", (Timestamp(253_402_300_799 * 10**9, 3_600),), "10000-01-01T00:59:59+01:00"),
    ("timestamp_to_int64", (Timestamp(-1),), -1),
    ("int64_to_timestamp", (253_402_300_799,), Timestamp(253_402_300_799 * 10**9)),
    *(
        ("type", (value,), TypeValue(name))
        for value, name in (
            (1, "int"),
            (UInt(1), "uint"),
            (1.0, "double"),
            (True, "bool"),
            ("a", "string"),
            (b"a", "bytes"),
            (None, "null_type"),
            ((1,), "list"),
            ({1: 2}, "map"),
            (Duration(1), "google.protobuf.Duration"),
            (Timestamp(1), "google.protobuf.Timestamp"),
            (TypeValue("int"), "type"),
        )
    ),
]
FAULTS: list[tuple[str, tuple[Any, ...]]] = [
    ("add_int64", (HIGH, 1)),
    ("subtract_int64", (LOW, 1)),
    ("multiply_int64", (LOW, -1)),
    ("divide_int64", (LOW, -1)),
    ("divide_int64", (1, 0)),
    ("modulo_int64", (LOW, -1)),
    ("modulo_int64", (1, 0)),
    ("negate_int64", (LOW,)),
    ("add_uint64", (TOP, UInt(1))),
    ("subtract_uint64", (UInt(1), UInt(2))),
    ("multiply_uint64", (UInt(2**32), UInt(2**32))),
    ("divide_uint64", (UInt(1), UInt(0))),
    ("modulo_uint64", (UInt(1), UInt(0))),
    ("bytes_to_string", (b"\xed\xa0\x80",)),
    ("double_to_int64", (-(2.0**63),)),
    ("double_to_int64", (math.nan,)),
    ("double_to_uint64", (-0.5,)),
    ("double_to_uint64", (2.0**64,)),
    ("int64_to_uint64", (-1,)),
    ("uint64_to_int64", (TOP,)),
    ("int64_to_timestamp", (253_402_300_800,)),
    ("int64_to_timestamp", (-62_135_596_801,)),
    *(("string_to_bool", (text,)) for text in ("tRUE", "yes", "", " true")),
    *(
        ("string_to_int64", (text,))
        for text in ("", "1_0", "0x10", " 1", "١", "9223372036854775808", "1" * 5_000)
    ),
    *(("string_to_uint64", (text,)) for text in ("+1", "-0", "18446744073709551616")),
    *(
        ("string_to_double", (text,))
        for text in ("", "+nan", "1e309", "0x1", "0x1p1024", "1__0", "1_", "_1", "1e", ".", " 1", "1_.5")
    ),
    *(
        ("string_to_duration", (text,))
        for text in ("", "-", "1", "00", ".s", "1d", "1 s", "9223372036854775808ns", "2562048h", "1.2.3s")
    ),
    *(
        ("string_to_timestamp", (text,))
        for text in (
            "2023-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:00:60Z",
            "2024-01-01T00:00:00",
            "2024-01-01t00:00:00z",
            "2024-01-01T00:00:00+25:00",
            "2024-01-01T00:00:00.Z",
            "0001-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
        )
    ),
]


@pytest.mark.parametrize(("overload", "arguments", "expected"), CASES)
def test_gives_what_upstream_gives(overload: str, arguments: tuple[Any, ...], expected: Any) -> None:
    result = FUNCTIONS[overload](*arguments)
    assert type(result) is type(expected)
    assert result == expected or (result != result and expected != expected)


@pytest.mark.parametrize(("overload", "arguments"), FAULTS)
def test_fails_where_upstream_fails(overload: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(Fault):
        FUNCTIONS[overload](*arguments)


def test_kubernetes_types_have_the_names_upstream_gives_them() -> None:
    assert FUNCTIONS["type"](Quantity(1)) == TypeValue("kubernetes.Quantity")
    assert FUNCTIONS["type"](Version.parse("1.0.0")) == TypeValue("kubernetes.Semver")
    assert FUNCTIONS["type"](NONE) == TypeValue("optional_type")


def test_types_are_equal_by_name_alone() -> None:
    assert equal(TypeValue("list", (TypeValue("int"),)), TypeValue("list"))
    assert not equal(TypeValue("int"), TypeValue("uint"))
    assert not equal(TypeValue("int"), "int")


def test_zero_divided_by_zero_is_no_number() -> None:
    assert math.isnan(FUNCTIONS["divide_double"](0.0, -0.0))


@pytest.mark.parametrize(("overload", "part"), [("add_string", "a"), ("add_bytes", b"a"), ("add_list", (1,))])
def test_nothing_grows_without_bound(overload: str, part: Any) -> None:
    with pytest.raises(LimitExceeded):
        FUNCTIONS[overload](part * 600_000, part * 600_000)


@pytest.mark.parametrize(
    "overload", ["string_to_int64", "string_to_uint64", "string_to_double", "string_to_duration"]
)
def test_long_nonsense_is_refused_at_once(overload: str) -> None:
    for text in ("0" * 500_000 + "x", "1" * 500_000 + "x", "1." + "0" * 500_000 + "_", "1s" * 250_000 + "1"):
        with pytest.raises(Fault):
            FUNCTIONS[overload](text)
