"""A watch looks for a moment at what it may have to tell, and lets the others have their turn, whatever it finds."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import Any

import pytest

from drakkar.apiserver.kinds.core import PODS
from drakkar.apiserver.storage import watching
from drakkar.apiserver.storage.selection import label_matcher
from drakkar.apiserver.storage.store import Store
from drakkar.apiserver.storage.watching import Watch, WatchOptions, told

MANY = 1500
# Each of these is asked of each object, and the last one fails.
NOTHING = ",".join(f"k{number}!=v" for number in range(199)) + ",nope=x"


async def _pod(store: Store, number: int, **labels: str) -> None:
    await store.create(
        ("/pods", "a", f"p{number:05}"), {"metadata": {"name": f"p{number:05}", "labels": labels}}
    )


@pytest.fixture
async def full(store: Store) -> Store:
    for number in range(MANY):
        await _pod(store, number)
    return store


def _watch(store: Store, selector: str, start: int, **options: Any) -> Watch:
    return Watch(store, PODS, None, label_matcher(selector), WatchOptions(start, **options))


@pytest.mark.parametrize("start", [0, 1])
async def test_a_watch_that_finds_nothing_gives_up_its_turn(
    full: Store, start: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, matches = 0, label_matcher(NOTHING)

    def match(found: dict[str, Any]) -> bool:
        nonlocal asked
        asked += 1
        return matches(found)

    # Each look at the clock is a tenth of a millisecond after the one before.
    monkeypatch.setattr(watching.time, "perf_counter", itertools.count(0.0, 0.0001).__next__)
    watch = Watch(full, PODS, None, match, WatchOptions(start))
    turns: list[int] = []
    while not turns or watch.behind:
        before = asked
        assert watch.next() == []
        turns.append(asked - before)
    assert asked == MANY and max(turns) <= watching._LOOK / 0.0001 + 1
    await _pod(full, MANY, nope="x")
    assert [one.kind for one in watch.next()] == ["ADDED"] and not watch.behind


@pytest.mark.parametrize("look", [0.0, 0.002, 10.0])
@pytest.mark.parametrize("start", [0, 1])
async def test_all_is_told_once_and_in_order(
    full: Store, start: int, look: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_LOOK", look)
    for number in range(MANY, MANY + 150):
        await _pod(full, number, a="b")
    watch = _watch(full, "a=b", start)
    found: list[str] = []
    while some := (watch.next() or watch.behind):
        found += [one.object["metadata"]["name"] for one in some] if isinstance(some, list) else []
    assert found == [f"p{number:05}" for number in range(MANY, MANY + 150)]


async def test_others_are_served_while_a_watch_looks(full: Store) -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    running = asyncio.create_task(other())
    watch = _watch(full, NOTHING, 1, seconds=0.01)
    assert [one async for one in told(watch)] == []
    running.cancel()
    assert turns > 10


def _cost(store: Store, behind: int) -> float:
    """The least of some."""

    def once() -> float:
        began = time.thread_time()
        store.since("/pods", store.revision - behind, 10)
        return time.thread_time() - began

    return min(once() for _ in range(20))


async def test_where_a_watch_stands_in_the_history_costs_nothing(full: Store) -> None:
    assert _cost(full, MANY) < 10 * _cost(full, 20) + 0.0001
    for most in (1, 10, None):
        found = full.since("/pods", full.revision - 20, most)
        assert [one.revision for one in found] == list(range(full.revision - 19, full.revision + 1))[:most]
