"""Collections of many objects, none of them large, are listed and deleted beside the loop; the store knows what they take."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from drakkar.apiserver import beside
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.resources.list_weight import list_weight
from drakkar.apiserver.storage.database import Row
from drakkar.apiserver.storage.errors import StorageFailedError
from drakkar.apiserver.storage.selection import effort
from drakkar.apiserver.storage.store import Store
from drakkar.testing import MemoryApi

Object = dict[str, Any]
SLICES = "/apis/resource.k8s.io/{}/resourceslices"
MAPS = "/configmaps"
# Of the time that all of it takes: on a busy machine everything waits.
_LONGEST = 0.5


def _slice(name: str) -> Object:
    pool = {"name": name, "generation": 1, "resourceSliceCount": 1}
    devices = [{"name": f"d{n}", "attributes": {"a": {"string": "b" * 40}}} for n in range(128)]
    return {
        "metadata": {"name": name},
        "spec": {"driver": "d.example", "nodeName": name, "pool": pool, "devices": devices},
    }


@pytest.fixture
async def api() -> AsyncIterator[MemoryApi]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(beside.SWITCH)
    made = MemoryApi()
    for number in range(200):
        await made.request("POST", SLICES.format("v1"), json=_slice(f"s{number}"))
    yield made
    await made.aclose()
    sys.setswitchinterval(before)


@pytest.mark.parametrize("version", ["v1beta1", "v1beta2"])
@pytest.mark.parametrize("verb", ["GET", "DELETE"])
async def test_a_long_list_in_another_version_is_made_beside_the_loop(
    api: MemoryApi, version: str, verb: str
) -> None:
    loop = asyncio.get_running_loop()
    waits: list[float] = []

    async def tick() -> None:
        while True:
            before = loop.time()
            await asyncio.sleep(0.001)
            waits.append(loop.time() - before)

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0)
    began = loop.time()
    query = {"dryRun": "All"} if verb == "DELETE" else {}
    found = await api.request(verb, SLICES.format(version), params=query)
    took = loop.time() - began
    ticking.cancel()
    assert len(found["items"]) == 200
    assert max(waits) < took * _LONGEST, f"the loop stood still for {max(waits):.3f} s of {took:.3f}"


def test_what_is_asked_of_many_objects_is_weighed() -> None:
    labels = ",".join(f"k{number}!=v" for number in range(200))
    assert effort(labels, "") > 90 and effort("a=b", "metadata.name=x") == 0
    assert effort("", "metadata.name!=a," * 100) == 50


async def test_a_list_weighs_what_its_objects_take(store: Store) -> None:
    (maps,) = (kind for kind in registry() if kind.resource == MAPS)
    assert list_weight(store, maps, 0) == 0
    for number in range(100):
        await store.create(
            (MAPS, "a", str(number)), {"metadata": {"name": str(number)}, "data": {"x": "y" * 15_000}}
        )
    assert list_weight(store, maps, 0) > beside.LIGHT
    for number in range(100):
        key = (MAPS, "a", str(number))
        held = store.get(key)
        assert held is not None
        await store.delete(key, held["metadata"]["resourceVersion"])
    assert list_weight(store, maps, 0) == 0


async def test_the_store_knows_what_a_resource_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "objects.sqlite")

    def sound(store: Store) -> bool:
        held = store.list(MAPS)
        return store.extent(MAPS) == (len(held), sum(len(msgspec.json.encode(one)) for one in held))

    first = await store.create((MAPS, "a", "x"), {"metadata": {"name": "x"}, "data": {"k": "v" * 20_000}})
    await store.create((MAPS, "b", "y"), {"metadata": {"name": "y"}})
    assert sound(store) and store.weight((MAPS, "a", "x")) > 20_000 and store.weight((MAPS, "b", "y")) == 0
    small = await store.update(
        (MAPS, "a", "x"), {"metadata": {"name": "x"}}, first["metadata"]["resourceVersion"]
    )
    assert sound(store) and store.weight((MAPS, "a", "x")) == 0
    await store.durable(MAPS, store.failures)

    def broken(rows: Sequence[Row]) -> None:
        raise sqlite3.OperationalError("no")

    # What the disk did not take is undone, and its size with it.
    failures = store.failures
    with monkeypatch.context() as patched:
        patched.setattr(store._db, "write", broken)
        await store.update(
            (MAPS, "a", "x"),
            {"metadata": {"name": "x"}, "data": {"k": "v"}},
            small["metadata"]["resourceVersion"],
        )
        await store.create((MAPS, "a", "z"), {"metadata": {"name": "z"}})
        with pytest.raises(StorageFailedError):
            await store.durable(MAPS, failures)
    assert sound(store) and len(store.list(MAPS)) == 2
    before = store.extent(MAPS)
    store.close()
    again = Store(tmp_path / "objects.sqlite")
    assert again.extent(MAPS) == before and sound(again)
    again.close()
