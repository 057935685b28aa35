"""What is read of any object."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.api.object import is_newer, version_number, version_of


def stored(version: Any) -> dict[str, Any]:
    return {"metadata": {"name": "a", "resourceVersion": version}}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        ("18446744073709551616", 2**64),
        ("", 0),
        ("0", 0),
        ("012", 0),
        ("+12", 0),
        ("-1", 0),
        ("1_0", 0),
        (" 12", 0),
        ("x", 0),
        # Digits for Python, of which it can read the second.
        ("\u00b2", 0),
        ("\u0661", 0),
        # More than Python reads at once.
        ("1" * 5000, 0),
    ],
)
def test_the_number_of_a_version(text: str, number: int) -> None:
    assert version_number(text) == version_of(stored(text)) == number


def test_objects_without_a_version_have_no_number() -> None:
    assert version_of({"metadata": {"name": "a"}}) == version_of(stored(None)) == version_of(stored(12)) == 0


@pytest.mark.parametrize(
    ("one", "than", "newer"),
    [("10", "9", True), ("9", "10", False), ("9", "9", False), ("x", "9", None), ("9", "", None)],
)
def test_which_of_two_states_is_the_newer(one: str, than: str, newer: bool | None) -> None:
    assert is_newer(stored(one), stored(than)) is newer
