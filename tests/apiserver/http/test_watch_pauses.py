"""Watches of all sorts whose clients read when they like, leave and come back: each hears what a plain log of the changes says
that it is to hear, once and in order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from drakkar.apiserver.http import watch_streams
from drakkar.apiserver.http.watch_lines import Lines
from drakkar.apiserver.http.watch_streams import WatchStreams
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.storage.selection import everything, label_matcher
from drakkar.apiserver.storage.store import Store
from drakkar.apiserver.storage.watching import WatchOptions

from .test_watch_groups import Wire

NAMESPACES = "ab"
# A revision, an event's type, a namespace and a name.
Heard = tuple[int, str, str, str]


class Change(NamedTuple):
    """What was written; a value of the label is None where the object is not there."""

    revision: int
    namespace: str
    name: str
    before: str | None
    after: str | None

    def heard(self, namespace: str | None, selects: str | None) -> list[Heard]:
        """What a watch hears of it."""
        if namespace not in (None, self.namespace):
            return []
        was, is_now = (value is not None and selects in (None, value) for value in (self.before, self.after))
        if not was and not is_now:
            return []
        kind = "DELETED" if not is_now else "MODIFIED" if was else "ADDED"
        return [(self.revision, kind, self.namespace, self.name)]


class Ending(Wire):
    """One that the server may close."""

    closed = False

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    abort = close


class Client:
    """One who watches; `hears` is all that it is to be told, besides bookmarks."""

    def __init__(self, namespace: str | None, selects: str | None, start: int, hears: list[Heard]) -> None:
        self.namespace, self.selects, self.start = namespace, selects, start
        self.hears = hears
        self.wire = Ending()
        self.stream: Any = None

    @property
    def heard(self) -> list[Any]:
        """What it was told; a bookmark as its revision alone."""
        found: list[Any] = []
        for line in self.wire.lines.splitlines():
            told = json.loads(line)
            obj = told["object"]
            if told["type"] == "ERROR":
                found.append(obj["reason"])
                continue
            obj = obj["rows"][0]["object"] if obj.get("rows") else obj
            meta = obj.get("metadata", {})
            revision = int(meta["resourceVersion"])
            bookmark = told["type"] == "BOOKMARK"
            found.append(revision if bookmark else (revision, told["type"], meta["namespace"], meta["name"]))
        return found


class Scene:
    """Some who watch one collection, and all that was ever written to it."""

    def __init__(self, path: Path, dice: Random, history: int) -> None:
        self.kind = registry().at("", "v1", "configmaps")
        self.rest = Rest(Store(path / "objects", history), registry())
        self.streams = WatchStreams(self.rest.store)
        self.dice = dice
        self.changes: list[Change] = []
        self.clients: list[Client] = []
        self.ended = 0

    def begin(self, again: Client | None = None) -> None:
        """One more watch, or one of a client that comes back where it was."""
        dice = self.dice
        namespace = again.namespace if again else dice.choice((None, None, "a", "b"))
        selects = again.selects if again else dice.choice((None, None, None, "y"))
        past = [change.revision for change in self.changes[-30:]]
        start = dice.choice((0, self.rest.store.revision, *past[:1], *past[-3:]))
        if again:
            told = [one[0] if isinstance(one, tuple) else one for one in again.heard]
            start = told[-1] if told and isinstance(told[-1], int) else again.start
        hears = [
            one
            for change in self.changes
            if start and change.revision > start
            for one in change.heard(namespace, selects)
        ]
        if not start:
            hears = [
                (int(meta["resourceVersion"]), "ADDED", meta["namespace"], meta["name"])
                for obj in self.rest.store.list(self.kind.resource, namespace)
                if (meta := obj["metadata"]) and selects in (None, meta["labels"]["x"])
            ]
        client = Client(namespace, selects, start, hears)
        match: Callable[[Any], bool] = label_matcher(f"x={selects}") if selects else everything
        options = WatchOptions(
            start, initial=not start and dice.random() < 0.7, bookmarks=dice.random() < 0.5
        )
        watch = self.rest.watch(self.kind, namespace, match, options)
        form: Any = dice.choice(("object", "object", "metadata", "table"))
        lines = Lines(self.kind, self.kind, form, "Metadata", self.streams.shared, self.rest.converting)
        client.stream = watch_streams._Stream(self.streams, watch, lines, client.wire)  # type: ignore[arg-type]
        client.stream.take(client.wire)
        self.clients.append(client)

    async def change(self) -> None:
        """Something is written."""
        dice = self.dice
        namespace, name, label = dice.choice(NAMESPACES), f"m{dice.randrange(4)}", dice.choice("yz")
        store, key = self.rest.store, (self.kind.resource, namespace, name)
        found = store.get(key)
        before = found["metadata"]["labels"]["x"] if found else None
        data = {"k": "v" * dice.choice((1, 1, 1, 40_000)) + str(dice.random())}
        wanted = {"metadata": {"name": name, "labels": {"x": label}}, "data": data}
        after: str | None = label
        if found is None:
            await self.rest.create(self.kind, namespace, wanted)
        elif dice.random() < 0.3:
            after = None
            await self.rest.delete(self.kind, namespace, name, {})
        else:
            await self.rest.replace(self.kind, namespace, name, wanted)
        done = Change(store.revision, namespace, name, before, after)
        self.changes.append(done)
        for client in self.clients:
            client.hears += done.heard(client.namespace, client.selects)

    def disturb(self) -> None:
        """Some stop to read, some go on, one leaves, and another one comes back."""
        for client in self.clients:
            if self.dice.random() < 0.3:
                (client.stream.resume_writing if client.stream.paused else client.stream.pause_writing)()
        if self.dice.random() < 0.2:
            gone = self.dice.choice(self.clients)
            self.clients.remove(gone)
            gone.stream.connection_lost(None)
            self.begin(gone)
            self.check(gone)
        if self.dice.random() < 0.2:
            self.begin()

    def check(self, client: Client, whole: bool = False) -> None:
        """What a client was told so far is the beginning of what it is to be told, or all of it."""
        heard = client.heard
        if heard and heard[-1] == "Expired":
            # It was too slow, or came back too late, for what is kept: it is told so, and nothing that has a gap.
            heard.pop()
            self.ended += 1
            whole = False
        events = [one for one in heard if not isinstance(one, int)]
        assert events == client.hears[: len(events)]
        assert not whole or len(events) == len(client.hears)
        revisions = [one if isinstance(one, int) else one[0] for one in heard]
        first = len(revisions) if not client.start else 0
        # The objects that are there at the beginning come by name.
        for at, one in enumerate(heard):
            if isinstance(one, int):
                first = min(first, at)
        assert revisions[first:] == sorted(revisions[first:])


async def _settle(scene: Scene) -> None:
    await scene.rest.store.durable(None, scene.rest.store.failures)
    for _ in range(200):
        await asyncio.sleep(0)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("history", [4_000, 12])
async def test_each_hears_all_that_it_is_to_hear(tmp_path: Path, seed: int, history: int) -> None:
    dice = Random(seed)
    scene = Scene(tmp_path, dice, history)
    for name in NAMESPACES:
        await scene.rest.create(registry().at("", "v1", "namespaces"), "", {"metadata": {"name": name}})
    for _ in range(16):
        scene.begin()
    for _ in range(40):
        for _ in range(dice.choice((1, 1, 4))):
            await scene.change()
        scene.disturb()
        for _ in range(dice.choice((0, 1, 30))):
            await asyncio.sleep(0)
        for client in scene.clients:
            scene.check(client)
    for client in scene.clients:
        client.stream.resume_writing()
    await _settle(scene)
    for client in scene.clients:
        scene.check(client, whole=True)
    assert bool(scene.ended) == (history < 100)
    scene.rest.store.close()
