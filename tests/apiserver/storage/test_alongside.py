"""Writes that are one: with an object other objects become others, or nothing does."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from drakkar.apiserver.storage.change import Alongside
from drakkar.apiserver.storage.errors import StorageFailedError, TooLargeError
from drakkar.apiserver.storage.store import Store

Object = dict[str, Any]
COUNT = ("/resourcequotas", "a", "q")
MADE = ("/configmaps", "a", "c")


def obj(name: str, **parts: Any) -> Object:
    return {"metadata": {"name": name, "namespace": "a"}, **parts}


def counting(store: Store) -> Iterable[Alongside]:
    old = store.get(COUNT)
    assert old is not None
    return [Alongside(COUNT, {**old, "n": old["n"] + 1})]


def number(store: Store) -> int:
    found = store.get(COUNT)
    assert found is not None
    return int(found["n"])


async def test_both_are_written_and_told() -> None:
    store = Store()
    await store.create(COUNT, obj("q", n=0))
    before = store.revision
    made = await store.create(MADE, obj("c"), lambda: counting(store))
    assert (number(store), made["metadata"]["resourceVersion"]) == (1, str(before + 2))
    assert [one.revision for one in store.since("/resourcequotas", before)] == [before + 1]
    assert [one.revision for one in store.since("/configmaps", before)] == [before + 2]
    changed = await store.update(MADE, obj("c", b=1), str(before + 2), lambda: counting(store))
    assert (number(store), changed["b"]) == (2, 1)
    store.close()


async def test_what_is_too_large_takes_the_other_with_it() -> None:
    store = Store()
    await store.create(COUNT, obj("q", n=0))
    before = store.revision
    with pytest.raises(TooLargeError):
        await store.create(MADE, obj("c", x="x" * 2_000_000), lambda: counting(store))
    assert (number(store), store.get(MADE), store.revision) == (0, None, before)
    store.close()


@pytest.mark.parametrize("full", [False, True])
async def test_what_the_disk_does_not_take_is_undone_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: bool
) -> None:
    store = Store(tmp_path / "state.db")
    await store.create(COUNT, obj("q", n=0))
    await store.durable("/resourcequotas", store.failures)

    def refuse(rows: Any) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(store._db, "write", refuse)
    failures = store.failures
    if full:
        store._disk.alone = True
        with pytest.raises(StorageFailedError):
            await store.create(MADE, obj("c"), lambda: counting(store))
    else:
        await store.create(MADE, obj("c"), lambda: counting(store))
        assert number(store) == 1
        with pytest.raises(StorageFailedError):
            await store.durable("/configmaps", failures)
    assert (number(store), store.get(MADE)) == (0, None)
    monkeypatch.undo()
    store.close()


async def test_both_are_there_after_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    await store.create(COUNT, obj("q", n=0))
    await store.create(MADE, obj("c"), lambda: counting(store))
    store.close()
    again = Store(tmp_path / "state.db")
    assert (number(again), again.get(MADE) is None) == (1, False)
    again.close()


async def test_who_waits_for_one_resource_is_not_woken_by_the_other(tmp_path: Path) -> None:
    """A watch that is woken and has nothing to tell waits again: it must not be woken for ever."""
    store = Store(tmp_path / "state.db")
    await store.create(COUNT, obj("q", n=0))
    await store.create(MADE, obj("c"), lambda: counting(store))
    await store.durable("/configmaps", store.failures)
    seen = int((store.get(COUNT) or {})["metadata"]["resourceVersion"])
    assert await store.wait("/resourcequotas", seen, 0.05) is False
    waiting = asyncio.create_task(store.wait("/resourcequotas", seen, 5.0))
    await asyncio.sleep(0)
    await store.update(COUNT, obj("q", n=5), str(seen))
    assert await waiting is True
    store.close()
