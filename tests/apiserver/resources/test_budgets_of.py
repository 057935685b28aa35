"""The budgets that a pod falls under: selectors are read once, and not on the loop where there is much to read."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from drakkar.apiserver.resources import budgets_of as room
from drakkar.apiserver.resources.budgets_of import budgets_of
from drakkar.apiserver.storage.store import Store

_KIND = "policy/poddisruptionbudgets"


def _budget(name: str, selector: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "a"}, "spec": {"selector": selector}}


def _absent(count: int) -> dict[str, Any]:
    return {"matchExpressions": [{"key": f"k{n}", "operator": "DoesNotExist"} for n in range(count)]}


async def test_selectors_are_read_once_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store()
    read: list[str] = []
    inner = room.label_selector

    def noted(written: Any) -> Any:
        read.append(threading.current_thread().name)
        return inner(written)

    monkeypatch.setattr(room, "label_selector", noted)
    for name, selector in (
        ("all", {}),
        ("large", _absent(5_000)),
        ("none", None),
        ("other", {"matchLabels": {"x": "y"}}),
    ):
        await store.create((_KIND, "a", name), _budget(name, selector))

    async def names(**labels: str) -> list[str]:
        return [one["metadata"]["name"] for one in await budgets_of(store, "a", labels)]

    assert await names(l="m") == ["all", "large"]
    assert len(read) == 4 and all(name.startswith("heavy") for name in read)
    assert await names(k7="m", x="y") == ["all", "other"]
    assert len(read) == 4
    # One that changed is read again, and what is gone is not kept.
    kept = store.get((_KIND, "a", "large"))
    assert kept is not None
    await store.update(
        (_KIND, "a", "large"),
        _budget("large", {"matchLabels": {"l": "m"}}),
        kept["metadata"]["resourceVersion"],
    )
    gone = store.get((_KIND, "a", "all"))
    assert gone is not None
    await store.delete((_KIND, "a", "all"), gone["metadata"]["resourceVersion"])
    assert await names(l="m") == ["large"]
    assert len(read) == 5 and list(room._kept[store]["a"]) == ["large", "none", "other"]
