"""Functions of text: every expected value is what cel-go gave for the same call."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.cel.library.strings import FUNCTIONS
from drakkar.cel.outcome import Fault, LimitExceeded

LOW, HIGH = -(2**63), 2**63 - 1

CASES: list[tuple[str, tuple[Any, ...], Any]] = [
    ("string_char_at_int", ("a😀b", 1), "😀"),
    ("string_char_at_int", ("abc", 3), ""),
    ("string_char_at_int", ("abc", 4), Fault),
    ("string_char_at_int", ("abc", -1), Fault),
    ("string_char_at_int", ("abc", HIGH), Fault),
    ("string_index_of_string", ("a😀b", "b"), 2),
    ("string_index_of_string", ("abc", ""), 0),
    ("string_index_of_string_int", ("abc", "", 9), 3),
    ("string_index_of_string_int", ("abc", "a", 1), -1),
    ("string_index_of_string_int", ("abc", "a", HIGH), -1),
    ("string_index_of_string_int", ("abc", "", LOW), Fault),
    ("string_last_index_of_string", ("aaa", "aa"), 1),
    ("string_last_index_of_string", ("abc", ""), 3),
    ("string_last_index_of_string", ("a", "abc"), -1),
    ("string_last_index_of_string_int", ("aXbXc", "X", 2), 1),
    ("string_last_index_of_string_int", ("aXbXc", "X", 5), -1),
    ("string_last_index_of_string_int", ("abc", "", 9), 3),
    ("string_last_index_of_string_int", ("abc", "c", -1), Fault),
    ("string_lower_ascii", ("ABCÀÉK\u212a",), "abcÀÉk\u212a"),
    ("string_upper_ascii", ("xyzéßſ",), "XYZéßſ"),
    ("string_replace_string_string", ("abc", "", "-"), "-a-b-c-"),
    ("string_replace_string_string_int", ("abc", "", "-", 2), "-a-bc"),
    ("string_replace_string_string_int", ("aXbXc", "X", "YY", -5), "aYYbYYc"),
    ("string_replace_string_string_int", ("aXbXc", "X", "YY", 0), "aXbXc"),
    ("string_split_string", ("", ""), ()),
    ("string_split_string", ("", ","), ("",)),
    ("string_split_string", ("a😀b", ""), ("a", "😀", "b")),
    ("string_split_string", ("ab,cd,,ef", ","), ("ab", "cd", "", "ef")),
    ("string_split_string_int", ("a,b,c", ",", 2), ("a", "b,c")),
    ("string_split_string_int", ("a,b,c", ",", 1), ("a,b,c",)),
    ("string_split_string_int", ("a,b,c", ",", 0), ()),
    ("string_split_string_int", ("a,b,c", ",", LOW), ("a", "b", "c")),
    ("string_split_string_int", ("abc", "", 2), ("a", "bc")),
    ("string_split_string_int", ("abc", "", HIGH), ("a", "b", "c")),
    ("string_substring_int", ("a😀b", 2), "b"),
    ("string_substring_int", ("abc", 3), ""),
    ("string_substring_int", ("abc", 4), Fault),
    ("string_substring_int_int", ("a😀b", 1, 2), "😀"),
    ("string_substring_int_int", ("abc", 2, 1), Fault),
    ("string_substring_int_int", ("abc", 0, 4), Fault),
    ("string_substring_int_int", ("abc", -1, 1), Fault),
    ("string_trim", ("\u0085 \u00a0x\u3000\u200b",), "x\u3000\u200b"),
    ("string_trim", ("\u001c x \u001f",), "\u001c x \u001f"),
    ("list_join", (("a", "", "b"),), "ab"),
    ("list_join_string", ((), ","), ""),
    ("list_join_string", (("a", "b"), "😀"), "a😀b"),
    ("list_join_string", (("a", 1), ","), Fault),
    ("contains_string", ("abc", ""), True),
    ("starts_with_string", ("😀x", "😀"), True),
    ("ends_with_string", ("abc", "ab"), False),
    ("size_string", ("e\u0301😀",), 3),
    ("string_size", ("",), 0),
    ("size_bytes", (b"\xff\x00",), 2),
    # A byte that is no UTF-8, as url("http://a%ffB/").getHost() gives it, is one code point; some functions replace it.
    ("size_string", ("a\udcffB",), 3),
    ("string_char_at_int", ("a\udcffB", 1), "\ufffd"),
    ("string_lower_ascii", ("a\udcffB",), "a\ufffdb"),
    ("string_trim", ("a\udcffB",), "a\udcffB"),
    ("string_index_of_string", ("a\udcffB", "\ufffd"), 1),
]


@pytest.mark.parametrize(("overload", "arguments", "expected"), CASES)
def test_gives_the_value_of_upstream(overload: str, arguments: tuple[Any, ...], expected: Any) -> None:
    if expected is Fault:
        with pytest.raises(Fault):
            FUNCTIONS[overload](*arguments)
    else:
        assert FUNCTIONS[overload](*arguments) == expected


@pytest.mark.parametrize(
    ("overload", "arguments"),
    [
        ("string_replace_string_string", ("a" * 10**6, "", "b")),
        ("list_join_string", (("a",) * 600_000, "b")),
    ],
)
def test_refuses_to_build_a_text_that_is_too_long(overload: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(LimitExceeded):
        FUNCTIONS[overload](*arguments)
