"""The history that watches begin from is bounded by number and by what it takes."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.apiserver.storage import shelf as module
from drakkar.apiserver.storage import shelves
from drakkar.apiserver.storage.errors import HistoryGoneError
from drakkar.apiserver.storage.store import Store


def _map(name: str, text: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "a"}, "data": {"x": text}}


async def test_large_objects_leave_a_shorter_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HISTORY_BYTES", 10_000)
    store = Store()
    began = store.revision
    for number in range(50):
        await store.create(("/configmaps", "a", f"m{number}"), _map(f"m{number}", "x" * 1000))
    with pytest.raises(HistoryGoneError):
        store.since("/configmaps", began)
    kept = store.since("/configmaps", store.revision - 9)
    assert [event.revision for event in kept] == list(range(store.revision - 8, store.revision + 1))
    # One that is larger than all that may be kept is told all the same.
    await store.create(("/configmaps", "a", "large"), _map("large", "x" * 20_000))
    assert [event.key[2] for event in store.since("/configmaps", store.revision - 1)] == ["large"]
    with pytest.raises(HistoryGoneError):
        store.since("/configmaps", store.revision - 2)
    store.close()


async def test_small_objects_are_counted() -> None:
    store = Store(history=5)
    for number in range(20):
        await store.create(("/configmaps", "a", f"m{number}"), _map(f"m{number}", ""))
    assert len(store.since("/configmaps", store.revision - 5)) == 5
    with pytest.raises(HistoryGoneError):
        store.since("/configmaps", store.revision - 6)
    store.close()


async def test_what_an_event_still_holds_of_before_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HISTORY_BYTES", 10_000)
    store = Store()
    made = [
        await store.create(("/configmaps", "a", f"m{number}"), _map(f"m{number}", "x" * 1000))
        for number in range(60)
    ]
    for number, one in enumerate(made):
        key, version = ("/configmaps", "a", f"m{number}"), one["metadata"]["resourceVersion"]
        if number % 2:
            await store.delete(key, version)
        else:
            await store.update(key, _map(f"m{number}", ""), version)
    assert len(store.since("/configmaps", store.revision - 9)) == 9
    with pytest.raises(HistoryGoneError):
        store.since("/configmaps", store.revision - 11)
    store.close()


async def _come_and_go(store: Store, resource: str) -> None:
    made = await store.create((resource, "a", "m"), _map("m", "x" * 1000))
    await store.delete((resource, "a", "m"), made["metadata"]["resourceVersion"])
    store.retire(resource)


async def test_resources_that_are_gone_share_the_room_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelves, "HISTORY_BYTES", 10_000)
    store = Store()
    began = store.revision
    names = [f"g{number}/things" for number in range(20)]
    for name in names:
        await _come_and_go(store, name)
    kept = []
    for name in names:
        try:
            kept.append(len(store.since(name, began)))
        except HistoryGoneError:
            kept.append(0)
    # Two events of a thousand each.
    assert kept == [0] * 16 + [2] * 4
    # What comes back is itself again.
    await store.create((names[-1], "a", "m"), _map("m", ""))
    await _come_and_go(store, names[0])
    for name in names[1:5]:
        await _come_and_go(store, name)
    assert len(store.since(names[-1], began)) == 3
    # What still has objects is not gone.
    store.retire(names[-1])
    assert store.get((names[-1], "a", "m")) is not None and len(store.since(names[-1], began)) == 3
    store.close()
