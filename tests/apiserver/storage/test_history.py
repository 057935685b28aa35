"""The history that watches begin from is bounded by number and by what it takes."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.apiserver.storage import shelf as module
from drakkar.apiserver.storage.errors import HistoryGoneError
from drakkar.apiserver.storage.store import Store


def _map(name: str, text: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "a"}, "data": {"x": text}}


async def test_large_objects_leave_a_shorter_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_HISTORY_BYTES", 10_000)
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
