"""What anyone may have of the server without a credential, and with one: time, size, connections, requests in flight."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from drakkar.apiserver.access.authentication import ANONYMOUS, User
from drakkar.apiserver.connections.door import Door
from drakkar.apiserver.connections.limits import InFlight, Limits
from drakkar.apiserver.errors import StatusError
from drakkar.apiserver.http import verbs

from ..listening import Listening

LIMITS = Limits(
    handshake=0.5, head=0.5, body_pause=0.5, body=2.0, unread=1.0, strangers_an_address=20, strangers=30
)
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Lab(Listening):
    @contextlib.asynccontextmanager
    async def connection(self, known: bool = False, plain: bool = False) -> AsyncIterator[Streams]:
        tls = None if plain else self.context(self.admin if known else None)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.config.port, ssl=tls)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()

    async def ask(self, text: bytes, known: bool = False) -> tuple[int, dict[str, str], bytes]:
        """Send bytes, and read one answer with its headers, or nothing (code 0) where the connection just ends."""
        async with self.connection(known) as (reader, writer):
            writer.write(text)
            return await answer(reader)


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    try:
        async with asyncio.timeout(20):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = head.split("\r\n")
            headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            return int(lines[0].split()[1]), headers, body
    except (asyncio.IncompleteReadError, ConnectionError):
        return 0, {}, b""


async def ended(reader: asyncio.StreamReader) -> None:
    async with asyncio.timeout(20):
        with contextlib.suppress(ConnectionError):
            while await reader.read(100_000):
                pass


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    made = Lab(tmp_path, LIMITS)
    async with made.up(20):
        yield made


GET = b"GET /readyz HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


async def test_what_is_never_finished_ends(lab: Lab) -> None:
    async def half_open() -> None:
        async with lab.connection(plain=True) as (reader, writer):
            writer.write(b"\x16\x03\x01")
            await ended(reader)

    async def silent() -> None:
        async with lab.connection() as (reader, _):
            await ended(reader)

    async def half_a_head() -> None:
        code, headers, _ = await lab.ask(GET)
        assert code == 408 and headers["connection"] == "close"

    async def slow_head() -> None:
        async with lab.connection() as (reader, writer):
            # Every byte comes in time, and all of them do not.
            for byte in GET:
                if reader.at_eof():
                    break
                writer.write(bytes([byte]))
                await asyncio.sleep(0.05)
            assert (await answer(reader))[0] == 408

    async def half_a_body() -> None:
        code, headers, body = await lab.ask(POST + b"Content-Length: 100\r\n\r\n{", known=True)
        assert code == 408 and headers["connection"] == "close"
        assert json.loads(body)["reason"] == "Timeout"

    async def slow_body() -> None:
        async with lab.connection(known=True) as (reader, writer):
            writer.write(POST + b"Content-Length: 1000\r\n\r\n")
            answered = asyncio.create_task(answer(reader))
            while not answered.done():
                writer.write(b" ")
                await asyncio.wait({answered}, timeout=0.1)
            assert answered.result()[0] == 408

    await asyncio.gather(half_open(), silent(), half_a_head(), slow_head(), half_a_body(), slow_body())


async def test_a_client_that_reads_nothing_is_cut_off(lab: Lab) -> None:
    data = json.dumps({"metadata": {"name": "large"}, "data": {"k": "x" * 1_000_000}}).encode()
    made = await lab.ask(POST + b"Content-Length: %d\r\n\r\n" % len(data) + data, known=True)
    assert made[0] == 201
    async with lab.connection(known=True) as (reader, writer):
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        one = b"GET /api/v1/namespaces/default/configmaps/large HTTP/1.1\r\nHost: x\r\n\r\n"
        writer.write(one * 40)
        lost = asyncio.get_running_loop().create_task(writer.wait_closed())
        # What does not fit into the sockets' buffers waits in the server, and not for ever.
        async with asyncio.timeout(20):
            while not writer.transport.is_closing():
                with contextlib.suppress(ConnectionError):
                    writer.write(b" ")
                await asyncio.wait({lost}, timeout=0.1)
        lost.cancel()


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (GET + b"X: " + b"a" * 1_100_000, 431),
        (GET + b"X: y\r\n" * 1_100 + b"\r\n", 431),
        (b"GET /readyz?" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET /readyz?" + b"a&" * 1_100 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET /" + b"a" * 1_100_000, 414),
        (b"nonsense\r\n\r\n", 400),
    ],
)
async def test_a_head_has_a_bound(lab: Lab, sent: bytes, code: int) -> None:
    found, headers, body = await lab.ask(sent)
    assert found == code and headers["connection"] == "close"
    assert json.loads(body)["code"] == code
    # What is below the bounds is served.
    assert (await lab.ask(GET + b"X: " + b"a" * 900_000 + b"\r\n\r\n"))[0] == 200


async def test_a_body_is_not_read_for_whom_it_is_of_no_use(lab: Lab) -> None:
    async with lab.connection() as (reader, writer):
        writer.write(POST + b"Content-Length: 3000000\r\n\r\n")
        code, headers, _ = await answer(reader)
        assert code == 403 and headers["connection"] == "close"
        await ended(reader)
    async with lab.connection() as (reader, writer):
        # A small one is read away, and the connection stays.
        for _ in range(2):
            writer.write(POST + b"Content-Length: 5\r\n\r\n")
            code, headers, _ = await answer(reader)
            assert code == 403 and "connection" not in headers
            writer.write(b"12345")


async def test_strangers_make_room_for_each_other_and_not_for_who_is_known(lab: Lab) -> None:
    async with contextlib.AsyncExitStack() as stack:
        known = await stack.enter_async_context(lab.connection(known=True))
        path = b"GET /api/v1/namespaces HTTP/1.1\r\nHost: x\r\n\r\n"
        known[1].write(path)
        assert (await answer(known[0]))[0] == 200
        crowd = [
            await stack.enter_async_context(lab.connection(plain=True))
            for _ in range(LIMITS.strangers_an_address + 5)
        ]
        for reader, _ in crowd[:5]:
            await ended(reader)
        # The server still takes in whoever comes, and who was there before the crowd is still there.
        assert (await lab.ask(path, known=True))[0] == 200
        known[1].write(path)
        assert (await answer(known[0]))[0] == 200


class Guest:
    def __init__(self) -> None:
        self.gone = False

    def abort(self) -> None:
        self.gone = True

    def forget(self) -> None:
        pass

    def sweep(self, now: float, limits: Limits) -> None:
        pass


def test_all_connections_have_a_bound() -> None:
    door = Door(Limits(connections=10, strangers=4, strangers_an_address=3))
    guests = [Guest() for _ in range(12)]
    for guest in guests[:8]:
        assert door.enter(guest, "a")
        door.introduce(guest)
    assert door.enter(guests[8], "b") and door.enter(guests[9], "b")
    assert door.enter(guests[10], "c") and guests[8].gone and not guests[10].gone
    for guest in guests[9:11]:
        door.introduce(guest)
    # Everybody is known: there is nobody whose place could be taken.
    assert not door.enter(guests[11], "d") and guests[11].gone
    for guest in guests:
        door.leave(guest)
    assert not door.guests and not door.strangers and not door._by_address


def test_requests_in_flight_have_a_bound() -> None:
    places = InFlight(Limits(reads_in_flight=1, writes_in_flight=1, anonymous_in_flight=1))
    alice, root = User("alice", ()), User("root", ("system:masters",))
    with places.one(alice, "get", ""), places.one(alice, "create", ""), places.one(ANONYMOUS, "get", ""):
        for user, verb in ((alice, "list"), (alice, "patch"), (ANONYMOUS, "get")):
            with pytest.raises(StatusError) as refused, places.one(user, verb, ""):
                pass
            assert refused.value.code == 429 and refused.value.status["details"]["retryAfterSeconds"] == 1
        for user, verb, sub in ((root, "list", ""), (alice, "watch", ""), (alice, "get", "log")):
            with places.one(user, verb, sub):
                pass
    with places.one(alice, "get", ""):
        pass


def test_what_nobody_foresaw_is_told(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret of the server")

    with monkeypatch.context() as patched, caplog.at_level(logging.ERROR):
        patched.setattr(verbs.Verbs, "serve", broken)
        found = client.get("/api/v1/namespaces", headers={"Audit-ID": "mine"})
    assert found.status_code == 500 and found.headers["audit-id"] == "mine"
    status = found.json()
    assert status["reason"] == "InternalError" and "request mine" in status["message"]
    assert "secret" not in found.text
    record = next(one for one in caplog.records if "(mine) failed" in one.getMessage())
    assert record.exc_info is not None and record.exc_info[0] is ZeroDivisionError
    assert client.get("/api/v1/namespaces").headers["audit-id"] != "mine"


async def test_after_what_nobody_foresaw_the_connection_goes_on(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with lab.connection(known=True) as (reader, writer):
        path = b"GET /api/v1/namespaces HTTP/1.1\r\nHost: x\r\n\r\n"
        with monkeypatch.context() as patched:
            patched.setattr(verbs.Verbs, "serve", lambda *_: 1 / 0)
            writer.write(path)
            code, headers, body = await answer(reader)
            assert code == 500 and "connection" not in headers
            assert headers["audit-id"] in json.loads(body)["message"]
        writer.write(path)
        assert (await answer(reader))[0] == 200
