"""A watch that tells of large objects in another version than the stored one has its lines made beside the loop."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from drakkar.apiserver.http.watch_lines import Lines, Shared
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.resources.converting import Converting
from drakkar.apiserver.storage.selection import everything
from drakkar.apiserver.storage.store import Store
from drakkar.apiserver.storage.watching import Watch, WatchOptions

from .test_watch_costs import bench

Object = dict[str, Any]
SLICES = "/apis/resource.k8s.io/{}/resourceslices"


def _slice(name: str, devices: int) -> Object:
    made = [{"name": f"d{n}", "attributes": {"a": {"string": "b" * 60}}} for n in range(devices)]
    pool = {"name": name, "generation": 1, "resourceSliceCount": 1}
    spec = {"driver": "d.example", "nodeName": name, "pool": pool, "devices": made}
    return {"metadata": {"name": name}, "spec": spec}


async def test_a_heavy_line_is_made_beside_the_loop_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    store, kinds = Store(), registry()
    older, newest = (kinds.at("resource.k8s.io", version, "resourceslices") for version in ("v1beta1", "v1"))
    assert older is not None and newest is not None
    for name, devices in (("large", 2_000), ("small", 1)):
        await store.create((older.resource, "", name), _slice(name, devices))
    watches = [Watch(store, newest, None, everything, WatchOptions(1)) for _ in range(3)]
    shared, converting = Shared(), Converting(store, kinds)
    lines = [Lines(older, newest, "object", "", shared, converting) for _ in watches]
    made = Lines._made
    asides: list[bool] = []

    def watched(self: Lines, told: Any) -> bytes:
        try:
            asyncio.get_running_loop()
            asides.append(False)
        except RuntimeError:
            asides.append(True)
        return made(self, told)

    monkeypatch.setattr(Lines, "_made", watched)
    large, small = watches[0].next()
    assert lines[0].is_heavy(large) and not lines[0].is_heavy(small)
    assert not Lines(newest, newest, "object", "", shared, converting).is_heavy(large)
    found = await asyncio.gather(*(one.made_beside(large) for one in lines))
    assert len(set(found)) == 1 and asides == [True] and not shared.coming
    assert not lines[0].is_heavy(large) and lines[0].line(large) == found[0]
    assert json.loads(found[0])["object"]["apiVersion"] == "resource.k8s.io/v1beta1"
    store.close()


async def test_a_watch_tells_heavy_and_light_lines_in_their_order(tmp_path: Path) -> None:
    lab: Any = bench.Lab(tmp_path)
    try:
        await lab.start()
        connector = aiohttp.TCPConnector(ssl=lab.context())
        async with aiohttp.ClientSession(connector=connector, read_bufsize=2**20) as session:
            names = []
            for number in range(12):
                name = f"s{number:02}"
                body = _slice(name, 1)
                # Only that its bytes are many makes it heavy.
                body["metadata"]["annotations"] = {"a": "x" * (100_000 if number % 3 else 1)}
                async with session.post(lab.url + SLICES.format("v1"), json=body) as answer:
                    assert answer.status == 201, await answer.text()
                names.append(name)
            for query in ("", "&resourceVersion=1"):
                url = f"{lab.url}{SLICES.format('v1beta1')}?watch=1&timeoutSeconds=2{query}"
                async with asyncio.timeout(30), session.get(url) as answer:
                    text = await answer.read()
                told = [json.loads(line) for line in text.splitlines()]
                assert [one["object"]["metadata"]["name"] for one in told] == names
                assert {one["object"]["apiVersion"] for one in told} == {"resource.k8s.io/v1beta1"}
    finally:
        await lab.stop()
