"""Nobody is told of a write before it is on the disk, by whatever path it came."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from drakkar.apiserver.http.app import build_app
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.storage.store import Store
from drakkar.testing.asgi import Exchange
from drakkar.testing.open_gate import OpenGate

SPACE = "/api/v1/namespaces/a"
BINDING = {"metadata": {"name": "p"}, "target": {"name": "n"}}
POD = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
EVICTION = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}}
WRITES: dict[str, tuple[str, str, Any]] = {
    "create": ("POST", f"{SPACE}/configmaps", {"metadata": {"name": "m"}}),
    "delete": ("DELETE", f"{SPACE}/serviceaccounts/other", None),
    "a binding below the pod": ("POST", f"{SPACE}/pods/p/binding", BINDING),
    "a binding by itself": ("POST", f"{SPACE}/bindings", BINDING),
    "an eviction": ("POST", f"{SPACE}/pods/p/eviction", EVICTION),
}


class Disk:
    """A server whose disk takes its time."""

    def __init__(self, path: Path) -> None:
        self.store = Store(path / "objects.sqlite")
        self.app = build_app(Rest(self.store, registry()), OpenGate())
        self.free = threading.Event()
        self.free.set()
        write = self.store._db.write

        def slowly(rows: Any) -> None:
            assert self.free.wait(30)
            write(rows)

        self.store._db.write = slowly  # type: ignore[method-assign]

    async def ask(self, method: str, path: str, body: Any) -> Any:
        return await Exchange(method, path, json=body).answer(self.app)


@pytest.fixture
async def disk(tmp_path: Path) -> AsyncIterator[Disk]:
    made = Disk(tmp_path)
    await made.ask("POST", "/api/v1/namespaces", {"metadata": {"name": "a"}})
    for name in ("default", "other"):
        await made.ask("POST", f"{SPACE}/serviceaccounts", {"metadata": {"name": name}})
    await made.ask("POST", f"{SPACE}/pods", POD)
    yield made
    made.free.set()
    made.store.close()


@pytest.mark.parametrize("name", WRITES)
async def test_the_answer_waits_for_the_disk(disk: Disk, name: str) -> None:
    disk.free.clear()
    before = disk.store.revision
    asked = asyncio.create_task(disk.ask(*WRITES[name]))
    for _ in range(30_000):
        if disk.store.revision != before:
            break
        await asyncio.sleep(0.001)
    # It is done in memory, and has time to be told of.
    assert disk.store.revision != before
    for _ in range(100):
        await asyncio.sleep(0)
    assert not asked.done()
    disk.free.set()
    await asyncio.wait_for(asked, 30)
    assert disk.store.committed == disk.store.revision
