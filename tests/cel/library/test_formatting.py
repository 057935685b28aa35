"""`format` and `strings.quote`: every expected value is what cel-go gave for the same call."""

from __future__ import annotations

import math
from typing import Any

import pytest

from drakkar.cel.library.formatting import FUNCTIONS, interpolate
from drakkar.cel.library.time_values import Duration, Timestamp
from drakkar.cel.library.type_values import TypeValue
from drakkar.cel.outcome import Fault, LimitExceeded
from drakkar.cel.values import NONE, UInt

CASES: list[tuple[str, tuple[Any, ...], str]] = [
    ("", (), ""),
    ("100%% of é\U0001f431", (), "100% of é\U0001f431"),
    ("left over", (1, 2), "left over"),
    ("%s %s %s %s", ("é", 1, UInt(2), True), "é 1 2 true"),
    ("%s %s %s", (1e6, -0.0, -math.inf), "1e+06 -0 -Inf"),
    ("%s %s", (b"a\xc3\xa9", None), "aé null"),
    ("%s %s", (Timestamp(0, 3_600), Duration(1_500_000_000)), "1970-01-01T01:00:00+01:00 1.5s"),
    ("%s", (TypeValue("google.protobuf.Timestamp"),), "google.protobuf.Timestamp"),
    ("%.3s", ("abcdef",), "abcdef"),
    ("%s", ((),), "[]"),
    ("%s", ({},), "{}"),
    (
        "%s",
        ((1, UInt(2), 1.5, "a", b"b", None, False, TypeValue("int")),),
        '[1, 2, 1.500000, "a", b"b", null, false, int]',
    ),
    ("%s", ((math.inf, math.nan, -0.0, 1234567.0),), '["+Inf", "NaN", -0.000000, 1234567.000000]'),
    (
        "%s",
        ((Timestamp(0), Duration(-1)),),
        '[timestamp("1970-01-01T00:00:00Z"), duration("-0.000000001s")]',
    ),
    ("%s", ({"b": (1,), "a": {True: "x"}, 10: 1, 9: 2},), '{"a":{true:"x"}, "b":[1], 10:1, 9:2}'),
    (
        "%s",
        (('a"\\\x07\n\x1b\x7f\x80\u200b\ufeff\U0001f431\U0010ffff',),),
        '["a\\"\\\\\\a\\n\\x1b\\x7f\\u0080\\u200b\\ufeff🐱\\U0010ffff"]',
    ),
    ("%f", (1234567.8912345,), "1,234,567.891235"),
    ("%.0f %.0f %.1f", (0.5, 1.5, 0.25), "0 2 0.2"),
    ("%f", (-0.0,), "0.000000"),
    ("%f", (-1e-9,), "-0.000000"),
    ("%f %f %f", (math.inf, -math.inf, math.nan), "∞ -∞ NaN"),
    ("%f %f", ("NaN", "-Infinity"), "NaN -∞"),
    ("%.256f", (1.5,), "1.5"),
    ("%.32768f", (1e22,), "10,000,000,000,000,000,000,000"),
    ("%.10000010f", (1.5,), "%!(NOVERB)"),
    ("%e", (1052.032911275,), "1.052033×10⁰³"),
    ("%e", (-1e-5,), "-1.000000×10⁻⁰⁵"),
    ("%.0e", (1e100,), "1.000000×10¹⁰⁰"),
    ("%.20e", (1.0,), "       1.000000×10⁰⁰"),
    ("%e", (math.nan,), "   NaN"),
    ("%.3e", ("-Infinity",), " -∞"),
    ("%b %b %b", (-5, UInt(5), True), "-101 101 1"),
    ("%o %o", (-8, UInt(8)), "-10 10"),
    ("%x %X %x", (-255, UInt(255), "é"), "-ff FF c3a9"),
    ("%X", (b"\xffa",), "FF61"),
]
FAULTS: list[tuple[str, tuple[Any, ...]]] = [
    ("%s", ()),
    ("%", (1,)),
    ("%", ()),
    ("%.", (1,)),
    ("%.3", (1,)),
    ("%.f", (1.0,)),
    ("%.9223372036854775808f", (1.0,)),
    ("%é", (1,)),
    ("%g", (1.0,)),
    ("% d", (1,)),
    ("%5d", (1,)),
    ("%d", (1.0,)),
    ("%d", (True,)),
    ("%f", (1,)),
    ("%f", ("1.5",)),
    ("%e", ("+Inf",)),
    ("%b", (1.0,)),
    ("%o", (True,)),
    ("%x", (True,)),
    ("%X", (1.0,)),
    ("%s", (b"\xff",)),
    ("%s", ((b"\xff",),)),
    ("%s", ({1.5: 1},)),
]


@pytest.mark.parametrize(("text", "arguments", "expected"), CASES)
def test_format_writes_what_upstream_writes(text: str, arguments: tuple[Any, ...], expected: str) -> None:
    assert FUNCTIONS["string_format"](text, arguments) == expected


@pytest.mark.parametrize(("text", "arguments"), FAULTS)
def test_format_fails_where_upstream_fails(text: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(Fault):
        FUNCTIONS["string_format"](text, arguments)


@pytest.mark.parametrize("arguments", [(NONE,), ((NONE,),), ({"a": NONE},)])
def test_format_has_no_text_for_an_optional(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(Fault, match="optional_type"):
        FUNCTIONS["string_format"]("%s", arguments)


def test_a_small_list_that_holds_itself_many_times_is_too_long() -> None:
    value: Any = ()
    for _ in range(40):
        value = (value, value)
    with pytest.raises(LimitExceeded):
        FUNCTIONS["string_format"]("%s", (value,))


def test_many_clauses_are_too_long() -> None:
    with pytest.raises(LimitExceeded):
        FUNCTIONS["string_format"]("%.255f" * 5_000, (0.1,) * 5_000)


def test_the_clauses_can_be_checked_before_there_are_arguments() -> None:
    seen: list[tuple[int, str, int]] = []

    def look(index: int, verb: str, precision: int) -> str:
        seen.append((index, verb, precision))
        return ""

    assert interpolate("a%d%%%.2f", 2, look) == "a%"
    assert seen == [(0, "d", 6), (1, "f", 2)]


QUOTES: list[tuple[str, str]] = [
    ("", '""'),
    ('a\x07\x08\x0c\n\r\t\x0b"\\', '"a\\a\\b\\f\\n\\r\\t\\v\\"\\\\"'),
    ("é\U0001f431\x00\x7f\u200b", '"é\U0001f431\x00\x7f\u200b"'),
]


@pytest.mark.parametrize(("text", "expected"), QUOTES)
def test_quote_escapes_only_what_has_a_name(text: str, expected: str) -> None:
    assert FUNCTIONS["strings_quote"](text) == expected
