"""The objects of a definition that goes are deleted while everybody else is served."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from drakkar.apiserver.storage import shelves
from drakkar.apiserver.storage.errors import HistoryGoneError
from drakkar.client import NotFoundError
from drakkar.testing import MemoryApi

from .samples import DEFINITIONS, GROUP, THINGS, define, thing

Object = dict[str, Any]
KEY = ("apiextensions.k8s.io/customresourcedefinitions", "", f"things.{GROUP}")
PATH = f"{DEFINITIONS}/things.{GROUP}"


async def made(api: MemoryApi, count: int, text: str = "") -> None:
    """So many Things, put into the store."""
    for number in range(count):
        obj = thing(f"t{number}", spec={"text": text})
        obj["metadata"] |= {"namespace": "default", "uid": f"u{number}"}
        await api.store.create((f"{GROUP}/things", "default", f"t{number}"), obj)


async def gone(api: MemoryApi) -> None:
    """Wait until the definition is gone."""
    while api.store.get(KEY):
        assert await api.store.wait(KEY[0], api.store.revision, 60)


async def emptied(count: int) -> tuple[float, float]:
    """Seconds of work that the end of so many objects takes, and the longest turn of the loop meanwhile."""
    api = MemoryApi()
    await define(api)
    await made(api, count)
    began = time.thread_time()
    await api.request("DELETE", PATH)
    before = time.thread_time()
    longest = before - began
    async with asyncio.timeout(60):
        while api.store.get(KEY):
            await asyncio.sleep(0)
            now = time.thread_time()
            longest, before = max(longest, now - before), now
    took = time.thread_time() - began
    assert api.store.list(f"{GROUP}/things") == []
    await api.aclose()
    return took, longest


async def test_everybody_is_served_while_objects_go_and_twice_as_many_take_twice_as_long() -> None:
    few, _ = await emptied(500)
    many, longest = await emptied(2000)
    assert many < 8 * few, (few, many)
    assert longest < many / 4, f"a turn of {longest:.3f} s of {many:.3f}"


async def test_large_objects_go_as_well() -> None:
    api = MemoryApi()
    await define(api)
    await made(api, 3, "x" * 40_000)
    await api.request("DELETE", PATH)
    await gone(api)
    with pytest.raises(NotFoundError):
        await api.request("GET", THINGS)
    await api.aclose()


async def test_what_was_there_of_kinds_that_are_gone_takes_the_room_of_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shelves, "HISTORY_BYTES", 100_000)
    api = MemoryApi()
    for _ in range(2):
        await define(api)
        await made(api, 3, "x" * 40_000)
        await api.request("DELETE", PATH)
        await gone(api)
    with pytest.raises(HistoryGoneError):
        api.store.since(f"{GROUP}/things", 1)
    await api.aclose()


async def test_a_watch_of_a_kind_that_goes_tells_of_its_objects_and_ends() -> None:
    api = MemoryApi()
    await define(api)
    await api.request("POST", THINGS, json=thing())
    params = {"watch": "true", "timeoutSeconds": 1000}
    watching = asyncio.create_task(api.text("GET", THINGS, params=params))
    await asyncio.sleep(0.1)
    await api.request("DELETE", f"{DEFINITIONS}/things.{GROUP}")
    async with asyncio.timeout(20):
        told = [json.loads(line)["type"] for line in (await watching).splitlines()]
    assert told == ["ADDED", "DELETED"]
    await api.aclose()
