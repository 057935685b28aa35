"""How much of what a client is warned of goes into the head of an answer."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from drakkar.apiserver.http.answers import json

_MOST, _CUT = 4096, 256


def told(warnings: Sequence[str]) -> list[str]:
    headers = json({}, warnings=warnings).headers.getlist("warning")
    return [one.removeprefix('299 - "').removesuffix('"') for one in headers]


def test_each_is_told_once() -> None:
    assert told(["a", "b", "a", ""]) == ["a", "b"]


def test_what_there_is_room_for_stays_whole() -> None:
    exactly = ["a" * 3000, "b" * (_MOST - 3000)]
    assert told(exactly) == exactly


@pytest.mark.parametrize("long", ["x" * (_MOST + 1), "é" * 100_000])
def test_each_is_cut_where_there_is_not(long: str) -> None:
    assert told(["first", long]) == ["first", long[:_CUT]]


def test_of_very_many_only_some_are_told() -> None:
    many = [f"{at:05}" + "x" * 300 for at in range(3000)]
    assert told(many) == [one[:_CUT] for one in many[: _MOST // _CUT]]
