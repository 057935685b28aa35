"""What of a pod is forbidden, in the words in which it is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

# So many names of one sort are told, so that an answer is not much larger than what it answers.
MOST_NAMED = 200


class Violation(NamedTuple):
    """What one check has against a pod: in a word or two, and what exactly, which may be empty."""

    reason: str
    detail: str


def reasons(violations: Iterable[Violation]) -> str:
    """What is forbidden, in short."""
    return ", ".join(one.reason for one in violations)


def details(violations: Iterable[Violation]) -> str:
    """What is forbidden, with names and values."""
    return ", ".join(f"{one.reason} ({one.detail})" if one.detail else one.reason for one in violations)


def told(values: Sequence[str]) -> Sequence[str]:
    """Those that are told, and of the others how many there are."""
    if len(values) <= MOST_NAMED:
        return values
    return [*values[:MOST_NAMED], f"and {len(values) - MOST_NAMED} more"]


def listed(values: Sequence[str]) -> str:
    """Values one after the other."""
    return ", ".join(told(values))


def in_quotes(values: Sequence[str]) -> str:
    """Values in quotes, which say nothing of quotes within."""
    return '"' + '", "'.join(told(values)) + '"' if values else ""


def plural(values: Sequence[str], one: str, many: str = "") -> str:
    """The word for so many values; `many` where it is not `one` with an s."""
    return one if len(values) == 1 else many or f"{one}s"


def named(word: str, names: Sequence[str]) -> str:
    """Containers or volumes by their names."""
    return f"{plural(names, word)} {in_quotes(names)}"


def setters(of_pod: bool, containers: Sequence[str]) -> str:
    """Who sets something: the pod, some of its containers, or both; empty where nobody does."""
    return " and ".join(
        (["pod"] if of_pod else []) + ([named("container", containers)] if containers else [])
    )
