"""What a watch costs the server: memory while it waits, and the work of an event that many wait for."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any

import aiohttp
import pytest

from drakkar.apiserver.http import answers, watch_lines
from drakkar.apiserver.http.watch_lines import Lines
from drakkar.apiserver.http.watch_streams import WatchStreams
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.storage.selection import everything
from drakkar.apiserver.storage.store import Store
from drakkar.apiserver.storage.watching import WatchOptions

WATCHES = 250


def _benchmark() -> ModuleType:
    path = Path(__file__).parents[3] / "benchmarks" / "watches.py"
    spec = importlib.util.spec_from_file_location("benchmark_watches", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


bench = _benchmark()


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Any]:
    made = bench.Lab(tmp_path)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


async def test_an_idle_watch_is_small_and_its_memory_comes_back(lab: Any) -> None:
    warm = await bench.measure(lab, 50)
    each, _, _, left = await bench.measure(lab, WATCHES)
    assert each <= 40_000, (each, warm)
    assert left < WATCHES * each / 2, (left, each)


async def test_an_event_costs_each_watch_little(lab: Any) -> None:
    tls = lab.context()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as session:
        watchers = []
        for _ in range(WATCHES):
            loop = asyncio.get_running_loop()
            _, one = await loop.create_connection(lambda: bench.Watcher(1), "127.0.0.1", lab.port, ssl=tls)
            watchers.append(one)
        # A watch from the beginning hears first of what there is.
        await asyncio.gather(*[one.begun for one in watchers])
        began, events = lab.cpu(), 10
        for _ in range(events):
            await bench._event(lab, session, watchers)
        each = (lab.cpu() - began) / events / WATCHES
        began, requests = lab.cpu(), 300
        for _ in range(requests):
            async with session.get(lab.url + "/api") as answer:
                assert answer.status == 200
        request = (lab.cpu() - began) / requests
        assert each < request / 3, (each, request)
        for one in watchers:
            one.transport.abort()


async def test_an_event_is_encoded_once_for_all_who_watch_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = registry().at("", "v1", "namespaces")
    rest = Rest(Store(), registry())
    watches = [rest.watch(kind, None, everything, WatchOptions(start=rest.store.revision)) for _ in range(50)]
    shared = watch_lines.Shared()
    lines = [
        Lines(kind, kind, "table" if at % 2 else "object", "", shared, rest.converting) for at in range(50)
    ]
    rendered = []
    shaped = answers.shaped
    monkeypatch.setattr(answers, "shaped", lambda *of: rendered.append(of) or shaped(*of))
    await rest.create(kind, "", {"metadata": {"name": "x"}})
    told = [line.line(watch.next()[0]) for line, watch in zip(lines, watches, strict=True)]
    assert len(set(told)) == 2 and len(rendered) == 1
    # The columns come with the first event of a table only, whoever rendered it.
    await rest.create(kind, "", {"metadata": {"name": "y"}})
    told = [line.line(watch.next()[0]) for line, watch in zip(lines, watches, strict=True)]
    assert len(set(told)) == 2 and len(rendered) == 2
    assert b'"columnDefinitions":null' in told[1]


async def test_a_watch_that_reads_slowly_gets_everything(lab: Any) -> None:
    tls = lab.context()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as session:
        reader, writer = await asyncio.open_connection("127.0.0.1", lab.port, ssl=tls)
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(f"GET {bench.MAPS}?watch=1&timeoutSeconds=3600 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        for number in range(60):
            body = {"metadata": {"name": f"m{number}"}, "data": {"k": "x" * 200_000}}
            async with session.post(lab.url + bench.MAPS, json=body) as answer:
                assert answer.status == 201
        reader._transport.resume_reading()  # type: ignore[attr-defined]
        seen = b""
        async with asyncio.timeout(30):
            while seen.count(b'{"type":"ADDED"') < 60:
                seen += await reader.read(1_000_000)
        assert [seen.index(b'"name":"m%d"' % number) for number in range(60)] == sorted(
            seen.index(b'"name":"m%d"' % number) for number in range(60)
        )
        writer.transport.abort()


async def test_watches_end_with_the_server(lab: Any) -> None:
    tls = lab.context()
    reader, writer = await asyncio.open_connection("127.0.0.1", lab.port, ssl=tls)
    writer.write(f"GET {bench.MAPS}?watch=1 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    lab.process.terminate()
    async with asyncio.timeout(20):
        assert (await reader.read()).endswith(b"0\r\n\r\n")
    writer.transport.abort()


async def test_a_watch_that_fails_ends_alone() -> None:
    streams = WatchStreams(Store())
    said: list[str] = []

    class Stream:
        paused = queued = False

        def __init__(self, name: str) -> None:
            self.name = name
            self.watch = Rest(Store(), registry()).watch(
                registry().at("", "v1", "namespaces"), None, everything, WatchOptions(start=1)
            )

        def say(self) -> bool:
            if self.name == "odd":
                raise ValueError("an odd object")
            said.append(self.name)
            return False

        def abort(self) -> None:
            said.append(f"{self.name} is gone")

    for name in ("first", "odd", "last"):
        streams.enqueue(Stream(name))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    assert said == ["first", "odd is gone", "last"]
