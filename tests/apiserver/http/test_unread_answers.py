"""Clients that read nothing: what waits for them is bounded, and the memory comes back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from starlette.testclient import TestClient

from drakkar.apiserver.connections.limits import Limits
from drakkar.apiserver.errors import StatusError
from drakkar.apiserver.http.outgoing import PIECE, Outgoing
from drakkar.apiserver.http.watch_lines import Shared

from .test_watch_costs import bench

_MAPS = 12
_EACH = 700_000
_CLIENTS = 40
# So many answers take longer than any piece of work beside the loop.
_QUIET = 300
MAPS = "/api/v1/namespaces/a/configmaps"


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Any]:
    made = bench.Lab(tmp_path)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


async def _until(holds: Callable[[], bool]) -> bool:
    for _ in range(100):
        if holds():
            return True
        await asyncio.sleep(0.2)
    return False


async def _at_most(lab: Any) -> int:
    """The most memory the server has while it does what it is at: it is asked, until it has answered often without growing."""
    most = quiet = 0
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=lab.context())) as session:
        while quiet < _QUIET:
            async with session.get(f"{lab.url}/livez") as answer:
                await answer.read()
            quiet = quiet + 1 if lab.memory() <= most else 0
            most = max(most, lab.memory())
    return most


@pytest.mark.parametrize("query", ["", "?watch=1&timeoutSeconds=3600"])
async def test_memory_of_unread_answers(lab: Any, query: str) -> None:
    tls = lab.context()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as session:
        for number in range(_MAPS):
            body = {"metadata": {"name": f"m{number}"}, "data": {"k": str(number % 10) * _EACH}}
            async with session.post(lab.url + bench.MAPS, json=body) as answer:
                assert answer.status == 201
        async with session.get(lab.url + bench.MAPS) as answer:
            assert len(await answer.read()) > _MAPS * _EACH
    await _at_most(lab)
    before = lab.memory()
    readers, writers = [], []
    for number in range(_CLIENTS):
        # With this limit it takes one piece in and no more.
        reader, writer = await asyncio.open_connection("127.0.0.1", lab.port, ssl=tls, limit=1)
        # Each asks for something of its own.
        more = f"{query}&x={number}" if query else f"?x={number}"
        writer.write(f"GET {bench.MAPS}{more} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        readers.append(reader)
        writers.append(writer)
    # Each is being answered, or has been refused.
    await asyncio.wait_for(asyncio.gather(*(reader.readexactly(1) for reader in readers)), 120)
    most = await _at_most(lab) - before
    # 40 texts of 8 MB, or of what a hundred objects are, would be over 300 MB; a user may leave 64 MB unread.
    assert most < 170_000_000, most
    for writer in writers:
        writer.transport.abort()
    assert await _until(lambda: lab.memory() - before < 50_000_000), lab.memory() - before


async def test_what_a_user_and_all_may_leave_unread() -> None:
    outgoing = Outgoing(Limits(unread_bytes=1_000, unread_bytes_a_user=500))
    texts = [bytes([n]) * 300 for n in range(6)]
    with contextlib.ExitStack() as sent:
        sent.enter_context(outgoing.held("a", texts[0], True))
        # The same once more is no more.
        sent.enter_context(outgoing.held("a", texts[0], True))
        sent.enter_context(outgoing.held("b", texts[0], True))
        assert outgoing.bytes == 300
        with pytest.raises(StatusError) as refused, outgoing.held("a", texts[1], True):
            pass
        assert refused.value.code == 429 and refused.value.status["details"]["retryAfterSeconds"] == 1
        # What a write answers is told in any case, and then nothing more is begun.
        with outgoing.held("a", texts[1], False), pytest.raises(StatusError):
            outgoing.check("a")
        outgoing.check("a")
        sent.enter_context(outgoing.held("c", texts[2], True))
        sent.enter_context(outgoing.held("d", texts[3], True))
        with pytest.raises(StatusError), outgoing.held("e", texts[4], True):
            pass
    assert not outgoing.bytes and not outgoing._texts and not outgoing._by_user
    # One answer is never too much.
    with outgoing.held("a", b"x" * 5_000, True):
        assert outgoing.bytes == 5_000


async def test_equal_texts_on_their_way_are_one() -> None:
    outgoing = Outgoing(Limits())
    text = b"x" * (PIECE + 1)
    outgoing.made("key", text)
    assert outgoing.find("key") is text and outgoing.find("other") is None
    with outgoing.held("a", text, True):
        outgoing.made("next", b"y" * (PIECE + 1))
        assert outgoing.find("key") is text
    assert outgoing.find("key") is None


def test_a_long_list_is_whole_and_made_once(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from drakkar.apiserver.http import answers

    for number in range(3):
        body = {"metadata": {"name": f"m{number}"}, "data": {"k": str(number) * 100_000}}
        assert client.post(MAPS, json=body).status_code == 201
    made = []
    encoded = answers.encoded_list
    monkeypatch.setattr(answers, "encoded_list", lambda *asked: made.append(1) or encoded(*asked))
    first, second = client.get(MAPS), client.get(MAPS)
    assert [item["data"]["k"] for item in first.json()["items"]] == [str(n) * 100_000 for n in range(3)]
    assert first.content == second.content and len(made) == 1
    assert (
        client.get(f"{MAPS}?fieldSelector=metadata.name%3Dm1").json()["items"] == first.json()["items"][1:2]
    )
    # After a write it is another list.
    assert client.delete(f"{MAPS}/m1").status_code == 200
    assert len(client.get(MAPS).json()["items"]) == 2
    assert int(first.headers["content-length"]) == len(first.content)


def test_shared_lines_are_bounded_by_bytes() -> None:
    shared = Shared()
    for number in range(100):
        shared.keep((number,), b"x" * 1_500_000)
    assert len(shared) < 15 and shared.bytes < 17_000_000
    assert shared.get((99,)) is not None and shared.get((0,)) is None
    for number in range(1_000):
        shared.keep((number, ""), b"x")
    assert len(shared) == 256
