"""The API server is killed again and again under writers and watchers: what was acknowledged is there, no revision is
given twice, and no watcher misses a change."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import ssl
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from drakkar.cluster.certificates import Authority, Identity
from drakkar.cluster.running import free_port

pytestmark = pytest.mark.faults

# How many kills; `make test-faults` asks for more than `make test`.
ROUNDS = int(os.environ.get("DRAKKAR_KILLS", "6"))
SEED = int(os.environ.get("DRAKKAR_SEED", "1"))
WRITERS = 6
NAMES = 12
MAPS = "/api/v1/namespaces/default/configmaps"
_LOST = (aiohttp.ClientError, OSError, TimeoutError)


class Server:
    """A real `drakkar apiserver` on a directory that outlives it."""

    def __init__(self, path: Path) -> None:
        authority = Authority(path / "pki")
        admin = authority.issue("admin", Identity("admin", ("system:masters",)))
        serving = authority.issue("server", Identity("server", hosts=("127.0.0.1",)))
        accounts = authority.issue("accounts", Identity("accounts"))
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.log = path / "log"
        self.tls = ssl.create_default_context(cafile=str(authority.pair.certificate))
        self.tls.load_cert_chain(admin.certificate, admin.key)
        self.command = [
            *(sys.executable, "-m", "drakkar", "apiserver", f"--data-dir={path / 'data'}"),
            f"--secure-port={self.port}",
            f"--client-ca-file={authority.pair.certificate}",
            f"--tls-cert-file={serving.certificate}",
            f"--tls-private-key-file={serving.key}",
            f"--service-account-signing-key-file={accounts.key}",
        ]
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self.log.open("ab") as log:
            # Where it does not come up its log shows where it stands.
            env = {**os.environ, "PYTHONFAULTHANDLER": "1"}
            self.process = await asyncio.create_subprocess_exec(
                *self.command, stdout=log, stderr=log, env=env
            )

    async def ready(self, session: aiohttp.ClientSession) -> None:
        assert self.process is not None
        try:
            async with asyncio.timeout(120):
                await self._ready(session)
        except TimeoutError:
            self.process.send_signal(signal.SIGABRT)
            await self.process.wait()
            raise AssertionError(f"not ready in two minutes: {self.log.read_text()[-4000:]}") from None

    async def _ready(self, session: aiohttp.ClientSession) -> None:
        assert self.process is not None
        while True:
            assert self.process.returncode is None, self.log.read_text()[-2000:]
            try:
                async with session.get(f"{self.url}/readyz", ssl=self.tls) as answer:
                    assert answer.status == 200, await answer.text()
                    return
            except _LOST:
                # Nobody listens yet; there is nothing to wait on but another try.
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()


@dataclass
class Truth:
    """What the server has said: the value of every name, and who got which revision."""

    values: dict[str, str | None] = field(default_factory=dict)
    # What a name may be besides: the write that was under way when the server went.
    doubtful: dict[str, str | None] = field(default_factory=dict)
    revisions: dict[int, tuple[str, str | None]] = field(default_factory=dict)
    acknowledged: int = 0
    wrote: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, revision: int, name: str, value: str | None) -> None:
        """One revision belongs to one change, whoever tells of it."""
        known = self.revisions.setdefault(revision, (name, value))
        assert known == (name, value), f"revision {revision} was given twice: {known} and {(name, value)}"


async def call(server: Server, session: aiohttp.ClientSession, verb: str, path: str, body: Any = None) -> Any:
    async with session.request(verb, server.url + path, json=body, ssl=server.tls) as answer:
        return answer.status, json.loads(await answer.read())


async def write(server: Server, session: aiohttp.ClientSession, truth: Truth, who: int, seed: int) -> None:
    """Create, change and delete names of its own until the server is gone."""
    rng = random.Random(seed)
    count = 0
    while True:
        name, value = f"w{who}-{rng.randrange(NAMES)}", f"{seed}.{count}"
        count += 1
        body: Any = {"metadata": {"name": name}, "data": {"v": value}}
        wanted: str | None = value
        if truth.values.get(name) is None:
            verb, path, code = "POST", MAPS, 201
        elif rng.random() < 0.3:
            verb, path, code, body, wanted = "DELETE", f"{MAPS}/{name}", 200, None, None
        else:
            verb, path, code = "PUT", f"{MAPS}/{name}", 200
        truth.doubtful[name] = wanted
        status, answer = await call(server, session, verb, path, body)
        assert status == code, answer
        del truth.doubtful[name]
        truth.values[name] = wanted
        truth.acknowledged += 1
        truth.wrote.set()
        if wanted is not None:
            truth.note(int(answer["metadata"]["resourceVersion"]), name, wanted)


class Watcher:
    """Follows the collection over all deaths, from the last revision it has seen."""

    def __init__(self) -> None:
        self.at = ""
        self.seen: dict[str, str | None] = {}
        self.relists = self.events = self.resumed = 0
        # The stretches between two relists: within one, every revision that was given must have come.
        self.since = 0
        self.revisions: set[int] = set()

    async def relist(self, server: Server, session: aiohttp.ClientSession) -> None:
        status, found = await call(server, session, "GET", MAPS)
        assert status == 200, found
        self.relists += 1
        self.at = found["metadata"]["resourceVersion"]
        self.since, self.revisions = int(self.at), set()
        self.seen = {one["metadata"]["name"]: one["data"]["v"] for one in found["items"]}

    async def follow(self, server: Server, session: aiohttp.ClientSession, truth: Truth) -> None:
        while True:
            if not self.at:
                await self.relist(server, session)
            url = f"{server.url}{MAPS}?watch=1&resourceVersion={self.at}&allowWatchBookmarks=1"
            async with session.get(url, ssl=server.tls) as answer:
                assert answer.status == 200, await answer.text()
                async for line in answer.content:
                    if not line.endswith(b"\n"):
                        break  # cut off by the kill: it was not received
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        assert event["object"]["code"] == 410, event
                        self.at = ""
                        break
                    self.take(event, truth)

    def take(self, event: dict[str, Any], truth: Truth) -> None:
        meta = event["object"]["metadata"]
        revision = int(meta["resourceVersion"])
        assert revision > int(self.at) or event["type"] == "BOOKMARK", (event, self.at)
        self.at = meta["resourceVersion"]
        if event["type"] == "BOOKMARK":
            return
        name = meta["name"]
        value = None if event["type"] == "DELETED" else event["object"]["data"]["v"]
        assert (event["type"] == "ADDED") == (self.seen.get(name) is None), event
        truth.note(revision, name, value)
        self.seen[name] = value
        self.revisions.add(revision)
        self.events += 1

    def check(self, truth: Truth) -> None:
        """Between the first and the last revision of a stretch nothing is missing."""
        last = int(self.at or 0)
        given = {r for r in truth.revisions if self.since < r <= last}
        assert given <= self.revisions, sorted(given - self.revisions)


async def check(server: Server, session: aiohttp.ClientSession, truth: Truth) -> None:
    """What is stored is what was acknowledged, or what was under way."""
    status, found = await call(server, session, "GET", MAPS)
    assert status == 200, found
    stored = {one["metadata"]["name"]: one for one in found["items"]}
    for name in truth.values.keys() | truth.doubtful.keys():
        value = stored[name]["data"]["v"] if name in stored else None
        allowed = {truth.values.get(name)} | ({truth.doubtful[name]} if name in truth.doubtful else set())
        assert value in allowed, f"{name} is {value}, and {allowed} was acknowledged or under way"
        if value is not None:
            truth.note(int(stored[name]["metadata"]["resourceVersion"]), name, value)
        truth.values[name] = value
    truth.doubtful.clear()
    assert stored.keys() == {name for name, value in truth.values.items() if value is not None}
    newest = max(truth.revisions, default=0)
    assert int(found["metadata"]["resourceVersion"]) >= newest


async def gone(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        try:
            async with asyncio.timeout(30):
                await task
        except _LOST:
            continue


async def test_kills_lose_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server, truth, rng = Server(tmp_path), Truth(), random.Random(SEED)
    watchers = [Watcher(), Watcher()]
    limit = aiohttp.ClientTimeout(total=None, sock_connect=10)
    for number in range(ROUNDS):
        await server.start()
        if rng.random() < 0.1:
            # Some die while they come up.
            await asyncio.sleep(rng.random() * 0.6)
            await server.kill()
            await server.start()
        async with aiohttp.ClientSession(timeout=limit) as session:
            await server.ready(session)
            await check(server, session, truth)
            until = truth.acknowledged + rng.randrange(1, 60)
            tasks = [asyncio.create_task(one.follow(server, session, truth)) for one in watchers]
            tasks += [
                asyncio.create_task(
                    write(server, session, truth, who, SEED * 1_000_003 + number * WRITERS + who)
                )
                for who in range(WRITERS)
            ]
            async with asyncio.timeout(60):
                while truth.acknowledged < until and not any(task.done() for task in tasks):
                    truth.wrote.clear()
                    await truth.wrote.wait()
            await server.kill()
            await gone(tasks)
        for one in watchers:
            one.check(truth)
    await server.start()
    async with aiohttp.ClientSession(timeout=limit) as session:
        await server.ready(session)
        await check(server, session, truth)
    await server.kill()
    assert truth.acknowledged >= ROUNDS
    with capsys.disabled():
        print(
            f"\n{ROUNDS} kills: {truth.acknowledged} writes acknowledged, {len(truth.revisions)} revisions, "
            f"{sum(one.events for one in watchers)} events, {sum(one.relists for one in watchers)} relists"
        )
