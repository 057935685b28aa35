"""A client is told of warnings, each once, and of no more than it reads."""

from __future__ import annotations

from starlette.responses import Response

from drakkar.apiserver.http import answers
from drakkar.apiserver.told_warnings import told


def test_each_is_told_once_and_in_its_order() -> None:
    assert told(["b", "", "a", "b"]) == ["b", "a"]


def test_one_long_warning_is_told_whole_and_longer_ones_begin() -> None:
    assert told(["x" * 4096]) == ["x" * 4096]
    assert told(["x" * 4097]) == ["x" * 256]


def test_of_many_the_first_are_told_and_the_headers_stay_few() -> None:
    many = [f"{number:05} {'x' * 300}" for number in range(10_000)]
    assert told(many) == [one[:256] for one in many[:16]]
    response = Response()
    answers.warn(response, many)
    assert len(response.headers.getlist("warning")) == 16
