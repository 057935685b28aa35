"""What the patterns of a schema are worth in work: how large they become once they are compiled, and what a search costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from drakkar.apiserver.custom.schema import Schema
from drakkar.cel.library import regex
from drakkar.cel.outcome import Fault, LimitExceeded

# Instructions of all patterns of a schema: they are compiled in some tenths of a second and take some megabytes.
LARGEST: Final = 200_000
# What an instruction weighs for every object, in bytes: of a thousand of them even small objects are held to beside the loop.
_WEIGHT: Final = 32
# An instruction is compiled as quickly as so many are run.
_COMPILED: Final = 500


def each(schema: Schema) -> Iterator[str]:
    """Every pattern of a schema, once."""
    seen: set[str] = set()
    waiting = [schema]
    while waiting:
        one = waiting.pop()
        if one.pattern and one.pattern not in seen:
            seen.add(one.pattern)
            yield one.pattern
        waiting += one.properties.values()
        waiting += (*one.all_of, *one.any_of, *one.one_of)
        waiting += [child for child in (one.items, one.values, one.not_) if child is not None]


def too_large(schema: Schema) -> str:
    """The pattern with which those of a schema become too large; empty where they do not."""
    total = 0
    for pattern in each(schema):
        try:
            total += regex.program_size(pattern)
        except Fault:
            continue
        except LimitExceeded:
            return pattern
        if total > LARGEST:
            return pattern
    return ""


def weight(schema: Schema) -> int:
    """How much more than its bytes an object weighs by the patterns of its schema."""
    total = 0
    for pattern in each(schema):
        try:
            total += regex.program_size(pattern)
        except Fault:
            continue
        except LimitExceeded:
            total = LARGEST
        if total >= LARGEST:
            break
    return total * _WEIGHT


def search_cost(text: str, pattern: str) -> int:
    """What a search costs, in bytes times instructions; Fault and LimitExceeded where there can be none."""
    return regex.program_size(pattern) * regex.byte_length(text)


def compiled() -> int:
    """What has been compiled so far, in the same."""
    return _COMPILED * regex.compiled()
