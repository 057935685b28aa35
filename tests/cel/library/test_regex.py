"""Regular expressions: every expected value is what Go's regexp package gave for the same call."""

from __future__ import annotations

import pytest

from drakkar.cel.library.regex import FUNCTIONS, check_pattern, find, find_all, matches
from drakkar.cel.outcome import Fault, LimitExceeded

FOUND: list[tuple[str, str, tuple[str, ...]]] = [
    ("123 abc 456", "[0-9]+", ("123", "456")),
    ("abc 123", "[0-9]*", ("", "", "", "", "123")),
    ("aab", "a|ab|aab", ("a", "a")),
    ("aab", "(?U)a+", ("a", "a")),
    ("日本", "", ("", "", "")),
    ("", "a*", ("",)),
    ("baac", "a*", ("", "aa", "")),
    ("a\nb", "(?m)^.$", ("a", "b")),
    ("a\nb", "^.$", ()),
    ("a\nb", "(?s)a.b", ("a\nb",)),
    ("a\n", "a$", ()),
    # Empty matches are between characters, never between the bytes of one.
    ("zé", r"\B", ("",)),
    ("é日", r"\B", ("", "", "")),
    ("K\u212ak", "(?i)k", ("K", "\u212a", "k")),
    ("sſS", r"(?i)\w", ("s", "ſ", "S")),
    ("ſ", r"\w", ()),
    ("aΩ1", r"\p{Greek}", ("Ω",)),
    ("aΩ1", r"\P{^greek}", ("Ω",)),
    ("aΩ1", r"\p{upper case letter}", ("Ω",)),
    ("\u0378a", r"\p{Cn}", ("\u0378",)),
    # Unicode 15.1 has given this one out; Go is at 15.0.
    ("\U0002ebf0", r"\p{L}", ()),
    ("\U0002ebf0", r"\PC", ()),
    ("ι\u0345", r"(?i)\P{LC}", ("\u0345",)),
    ("a*b", r"\Qa*\E", ("a*",)),
    ("a{2", "a{2", ("a{2",)),
    ("a{,3}", "a{,3}", ("a{,3}",)),
    ("aa", "a(?i)*", ("aa",)),
    ("a", "(?P<n>a)(?P<n>b)?", ("a",)),
    ("ab", "(?<n>a)", ("a",)),
    ("A", r"\101", ("A",)),
    ("]a-", "[]a-]", ("]", "a", "-")),
    ("x", r"[^\P{Any}]", ("x",)),
    ("x", r"[^\x00-\x{10FFFF}]", ()),
    ("a\udcffB", ".B", ("\udcffB",)),
]
REFUSED = [
    "(",
    ")",
    "[",
    "[z-a]",
    r"[a-\d]",
    "[[:foo:]]",
    "*",
    "a|*",
    "a**",
    "a{2}{2}",
    "a{1001}",
    "a{3,2}",
    "((a{10}){10}){11}",
    "((a{0}){1000}){1000}",
    "(?=a)",
    "(?i-)",
    "(?x)",
    "(?<>a)",
    "(?P=n)",
    r"\C",
    r"\Z",
    r"\E",
    r"\8",
    r"\1",
    r"\é",
    r"\x{110000}",
    r"\x4",
    r"\p{Old_Italic}",
    r"\p{Foo}",
    "\\",
    "(" * 1001 + ")" * 1001,
    "\udcff",
]
TAKEN = [
    "(" * 998 + "a" + ")" * 998,
    "(?:" * 3000 + "a" + ")" * 3000,
    "((a{10}){10}){10}",
    "((a{1000}){0}){1000}",
    r"\pL{300}",
    "(?)",
    "^*",
    "(|a)*",
]


@pytest.mark.parametrize(("text", "pattern", "expected"), FOUND)
def test_finds_what_go_finds(text: str, pattern: str, expected: tuple[str, ...]) -> None:
    assert find_all(text, pattern) == expected
    assert find(text, pattern) == (expected[0] if expected else "")
    assert matches(text, pattern) is bool(expected)


@pytest.mark.parametrize("pattern", REFUSED)
def test_refuses_what_go_refuses(pattern: str) -> None:
    with pytest.raises(Fault):
        check_pattern(pattern)
    with pytest.raises(Fault):
        FUNCTIONS["matches_string"]("a", pattern)


@pytest.mark.parametrize("pattern", TAKEN)
def test_takes_what_go_takes(pattern: str) -> None:
    check_pattern(pattern)
    assert matches("a", pattern) in (True, False)


@pytest.mark.parametrize(
    ("limit", "expected"), [(0, ()), (1, ("1",)), (2, ("1", "22")), (-(2**63), ("1", "22"))]
)
def test_find_all_stops_at_the_limit(limit: int, expected: tuple[str, ...]) -> None:
    assert find_all("a1b22", "[0-9]+", limit) == expected


def test_a_search_that_would_take_too_long_is_not_begun() -> None:
    with pytest.raises(LimitExceeded):
        matches("x" * 900_000, "(x+x+){500}y")


def test_a_pattern_that_is_too_long_is_not_read() -> None:
    with pytest.raises(LimitExceeded):
        check_pattern("a" * 100_001)
