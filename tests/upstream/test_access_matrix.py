"""Who may do what: hundreds of requests, each sent to kube-apiserver and to ours, with the same answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from . import access_worlds
from .access_differences import DIFFERENCES
from .access_objects import USERS, furnish
from .access_rows import ROWS, Answer, Row, asked

pytestmark = pytest.mark.upstream
_LEAST = 300


class Both(NamedTuple):
    """What the original and ours say to every row."""

    original: dict[Row, Answer]
    ours: dict[Row, Answer]


@pytest.fixture(scope="module")
def answers(apiserver_137: Path, etcd: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    home = tmp_path_factory.mktemp("access")
    pki = access_worlds.Pki(home / "pki", USERS)
    with (
        access_worlds.original(home, pki, apiserver_137, etcd) as theirs,
        access_worlds.ours(home, pki) as mine,
    ):

        def told(world: access_worlds.World) -> dict[Row, Answer]:
            furnish(world)
            return {row: asked(world, row) for row in ROWS}

        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(told, (theirs, mine))
        yield Both(first, second)


def test_there_are_enough_rows_and_each_is_there_once() -> None:
    assert len(ROWS) >= _LEAST
    assert len({row.text for row in ROWS}) == len(ROWS)


def test_a_difference_is_listed_with_its_reason_and_a_listed_one_is_there(answers: Both) -> None:
    differing = {row.text for row in ROWS if answers.original[row] != answers.ours[row]}
    unlisted = [
        f"{row.text}\n  kube-apiserver: {json.dumps(answers.original[row])}\n  ours: {json.dumps(answers.ours[row])}"
        for row in ROWS
        if row.text in differing and row.text not in DIFFERENCES
    ]
    gone = sorted(text for text in DIFFERENCES if text not in differing)
    assert not unlisted, f"{len(unlisted)} unlisted:\n" + "\n".join(unlisted)
    assert not gone, gone
    assert all(reason.strip() for reason in DIFFERENCES.values())
