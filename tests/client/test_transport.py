"""Whatever happens to a connection is one of the client's own errors, and says whether a write may have been done."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from drakkar.client import ApiError, Client, ClientError, Informer, UnansweredError, UnreachableError
from drakkar.client import rest as rest_module
from drakkar.client.resources import PODS

Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]
POD = {"metadata": {"name": "p", "namespace": "ns"}}


@contextlib.asynccontextmanager
async def listening(peer: Peer) -> AsyncIterator[Client]:
    """A client of a server that treats each connection as `peer` does."""
    server = await asyncio.start_server(peer, "127.0.0.1", 0)
    async with Client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as client:
        yield client
    server.close()


def after_the_request(answer: bytes, reset: bool = False) -> Peer:
    """A server that reads a request's head, says `answer`, and hangs up."""

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        if reset:
            writer.transport.abort()
        else:
            writer.close()

    return peer


BROKEN = {
    "closed without a word": (b"", False),
    "reset": (b"", True),
    "half a head": (b"HTTP/1.1 200 OK\r\nContent-", False),
    "half a body": (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", False),
    "a body that ends in the middle of a chunk": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\n{",
        False,
    ),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", False),
    "no JSON": (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<html", False),
    "no object": (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull", False),
}


@pytest.mark.parametrize("how", BROKEN)
async def test_a_write_whose_answer_is_lost_may_have_been_done(how: str) -> None:
    async with listening(after_the_request(*BROKEN[how])) as client:
        with pytest.raises(UnansweredError) as caught:
            await client.create(PODS, POD)
    assert caught.value.maybe_applied
    assert "POST /api/v1/namespaces/ns/pods" in str(caught.value)


async def test_where_nobody_listens_nothing_was_done() -> None:
    server = await asyncio.start_server(after_the_request(b""), "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    server.close()
    await server.wait_closed()
    async with Client(f"http://127.0.0.1:{address[1]}") as client:
        with pytest.raises(UnreachableError) as caught:
            await client.create(PODS, POD)
    assert not caught.value.maybe_applied


async def test_a_connection_that_broke_and_cannot_be_made_again_may_have_carried_the_write() -> None:
    """The library tries a PUT again by itself; that the second try found nobody says nothing of the first."""
    seen: list[bytes] = []

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        if len(seen) == 1:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            seen.append(await reader.readuntil(b"\r\n\r\n"))
            server.close()
        writer.close()

    server = await asyncio.start_server(peer, "127.0.0.1", 0)
    async with Client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as client:
        await client.get(PODS, "p", "ns")
        with pytest.raises(UnansweredError) as caught:
            await client.update(PODS, POD)
    assert [line.split()[0] for line in seen] == [b"GET", b"PUT"]
    assert caught.value.maybe_applied


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"])
async def test_a_watch_on_which_nothing_comes_is_given_up(
    monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    """A peer that is stuck keeps the connection as it is; an informer that waits for it is blind."""
    monkeypatch.setattr(rest_module, "_WATCH_SILENCE" if head else "_REQUEST_LIMIT", 0.05)
    silent = asyncio.Event()

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        await silent.wait()
        writer.close()

    async with listening(peer) as client, asyncio.timeout(20):
        with pytest.raises(UnansweredError, match="no answer in time"):
            async for _ in client.watch(PODS):
                pass
        silent.set()


async def test_a_server_that_does_not_answer_in_time_may_have_done_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rest_module, "_REQUEST_LIMIT", 0.05)
    silent = asyncio.Event()

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await silent.wait()
        writer.close()

    async with listening(peer) as client:
        with pytest.raises(UnansweredError, match="no answer in time"):
            await client.create(PODS, POD)
        silent.set()


@pytest.mark.parametrize(
    ("code", "unknown"), [(409, False), (422, False), (429, False), (500, True), (504, True)]
)
async def test_a_refusal_says_whether_it_is_final(code: int, unknown: bool) -> None:
    text = f"HTTP/1.1 {code} Said\r\nContent-Length: 2\r\n\r\n{{}}"
    async with listening(after_the_request(text.encode())) as client:
        with pytest.raises(ApiError) as caught:
            await client.create(PODS, POD)
    assert (caught.value.code, caught.value.maybe_applied) == (code, unknown)


async def test_a_guard_keeps_writes_from_being_sent_and_lets_reads_pass() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"

    def guard() -> None:
        raise UnreachableError("not now")

    async with listening(after_the_request(answer)) as client:
        client.before_write = guard
        assert await client.get(PODS, "p", "ns") == {}
        with pytest.raises(UnreachableError, match="not now"):
            await client.create(PODS, POD)


@pytest.mark.parametrize("line", [b"[]", b'{"type": "ADDED"}', b"{", b'{"type": "ADDED", "object": 3}'])
async def test_a_line_that_is_no_event_ends_the_watch_as_a_broken_connection_does(line: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    async with listening(after_the_request(head + line + b"\n")) as client:
        with pytest.raises(UnansweredError):
            async for _ in client.watch(PODS):
                pass


async def test_an_object_without_a_name_costs_a_list_only_itself() -> None:
    body = (
        b'{"metadata": {"resourceVersion": "7"}, "items": [{"metadata": {"name": "good"}}, {"metadata": null},'
        b' {"spec": {}}, 3, {"metadata": {"name": ""}}, {"metadata": {"name": "other", "namespace": "ns"}}]}'
    )
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    async with listening(after_the_request(head + body)) as client:
        informer = Informer(client, PODS)
        following = asyncio.create_task(informer.run())
        await informer.wait_synced(5)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    assert set(informer.store) == {("", "good"), ("ns", "other")}


def test_every_error_of_the_client_has_one_base() -> None:
    for kind in (ApiError, UnansweredError, UnreachableError):
        assert issubclass(kind, ClientError)
