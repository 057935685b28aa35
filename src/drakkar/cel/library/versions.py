"""Semantic versions in expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from drakkar.api.semver import Version, VersionError
from drakkar.cel.outcome import Fault

_DIGITS: Final = frozenset("0123456789")


def _without_zeros(part: str) -> str:
    if len(part) < 2:
        return part
    short = part.lstrip("0")
    return short if short[:1] in _DIGITS else "0" + short


def _normal(text: str) -> str:
    parts = [_without_zeros(part) for part in text.removeprefix("v").split(".", 2)]
    if len(parts) < 3 and not {"+", "-"}.isdisjoint(parts[-1]):
        raise Fault("short version cannot contain PreRelease/Build meta data")
    return ".".join(parts + ["0"] * (3 - len(parts)))


def parse(text: str, normalize: bool = False) -> Version:
    """`semver(text)`; normalized, a leading v, missing parts and leading zeros do no harm."""
    try:
        return Version.parse(_normal(text) if normalize else text)
    except VersionError as error:
        raise Fault(str(error)) from None


def _is_version(text: str, normalize: bool = False) -> bool:
    try:
        parse(text, normalize)
    except Fault:
        return False
    return True


def _number(index: int) -> Callable[[Version], int]:
    name = ("major", "minor", "patch")[index]

    def part(version: Version) -> int:
        number = int(getattr(version, name))
        # Upstream's numbers have no sign; it gives them out as ones that have.
        return number - 2**64 if number >= 2**63 else number

    return part


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "string_to_semver": parse,
    "string_bool_to_semver": parse,
    "is_semver_string": _is_version,
    "is_semver_string_bool": _is_version,
    "semver_compare_to": lambda left, right: (left > right) - (left < right),
    "semver_is_greater_than": lambda left, right: left > right,
    "semver_is_less_than": lambda left, right: left < right,
    "semver_major": _number(0),
    "semver_minor": _number(1),
    "semver_patch": _number(2),
}
