"""Semantic versions by the 2.0.0 grammar: no leading v, no missing parts, no leading zeros."""

from __future__ import annotations

import functools
import re
from functools import total_ordering

_NUMBER = r"(?:0|[1-9][0-9]*)"
_IDENTIFIER = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_FORM = re.compile(
    rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_IDENTIFIER}(?:\.{_IDENTIFIER})*))?"
    r"(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?",
    re.ASCII,
)
# The API allows 64 bytes for a version; selectors may build longer ones, but not without bound.
_LONGEST = 256
_LARGEST = 2**64 - 1


class VersionError(ValueError):
    """The text is no semantic version."""


def _rank(identifier: str) -> tuple[int, int, str]:
    # Numbers come before words and compare as numbers.
    return (0, int(identifier), "") if identifier.isdigit() else (1, 0, identifier)


@total_ordering
class Version:
    """One version; build metadata is kept but counts neither for order nor for equality."""

    __slots__ = ("major", "minor", "order", "patch", "text")

    def __init__(self, major: int, minor: int, patch: int, pre: tuple[str, ...], text: str) -> None:
        self.major, self.minor, self.patch, self.text = major, minor, patch, text
        # Versions compare as these do; a release comes after all of its pre-releases.
        self.order = (major, minor, patch, not pre, tuple(map(_rank, pre)))

    @staticmethod
    def parse(text: str) -> Version:
        """Read a version; VersionError for anything else."""
        return _parsed(text)

    def __eq__(self, other: object) -> bool:
        return self.order == other.order if isinstance(other, Version) else NotImplemented

    def __lt__(self, other: Version) -> bool:
        return self.order < other.order

    def __hash__(self) -> int:
        return hash(self.order)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Version({self.text})"


@functools.lru_cache(maxsize=4096)
def _parsed(text: str) -> Version:
    # Many devices have the same few versions, and one that is read is never changed.
    match = _FORM.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        raise VersionError(f"{text[:64]!r} is not a semantic version: want MAJOR.MINOR.PATCH, such as 1.2.3")
    major, minor, patch, pre, _ = match.groups()
    numbers = (major, minor, patch, *(part for part in (pre or "").split(".") if part.isdigit()))
    if max(map(int, numbers)) > _LARGEST:
        raise VersionError(f"{text[:64]!r} has a number over {_LARGEST}")
    return Version(int(major), int(minor), int(patch), tuple(pre.split(".")) if pre else (), text)
