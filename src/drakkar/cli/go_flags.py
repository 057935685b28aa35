"""Flags as Go's programs take them, for those who bring their start lines along."""

from __future__ import annotations

from collections.abc import Iterable

# Flags that Go takes as `--flag`, `--flag=true` and `--flag=false`.
BOOLEANS = frozenset({"--leader-elect"})
# What strconv.ParseBool takes.
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})


def translated(words: Iterable[str]) -> list[str]:
    """The command line with `--flag=false` written as `--no-flag`; what is no boolean is left for the parser to refuse."""
    return [_translated(word) for word in words]


def _translated(word: str) -> str:
    name, equals, value = word.partition("=")
    if not equals or name not in BOOLEANS:
        return word
    if value in _TRUE:
        return name
    return f"--no-{name[2:]}" if value in _FALSE else word
