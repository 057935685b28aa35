"""Watches that tell the same are told together, and each hears exactly what it would have heard alone."""

from __future__ import annotations

import asyncio
import re
from random import Random
from typing import Any

import pytest

from drakkar.apiserver.http import watch_streams
from drakkar.apiserver.http.watch_lines import Lines
from drakkar.apiserver.http.watch_streams import WatchStreams
from drakkar.apiserver.kinds.built_in import registry
from drakkar.apiserver.resources.rest import Rest
from drakkar.apiserver.storage.selection import everything, label_matcher
from drakkar.apiserver.storage.store import Store
from drakkar.apiserver.storage.watching import Watch, WatchOptions

# In a table.
_AGE = re.compile(rb'"\d+s"')


class Wire:
    """A connection that keeps what is written."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return False

    def set_write_buffer_limits(self, high: int) -> None:
        pass

    @property
    def lines(self) -> bytes:
        """Without the chunks' frames."""
        text, rest = b"", self.written
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            text, rest = text + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
        return text


class Scene:
    """Many watches of one collection, each beside one that is alone."""

    def __init__(self, dice: Random) -> None:
        self.kind = registry().at("", "v1", "configmaps")
        self.rest = Rest(Store(), registry())
        self.streams = WatchStreams(self.rest.store)
        self._dice = dice
        self.pairs: list[tuple[Wire, Watch, Lines]] = []

    def begin(self) -> None:
        """One more watch, of one sort or another."""
        namespace = self._dice.choice((None, None, "a", "b"))
        match = self._dice.choice((everything, everything, label_matcher("x=y")))
        form: Any = self._dice.choice(("object", "object", "metadata", "table"))
        start = self._dice.choice((0, self.rest.store.revision))
        options = WatchOptions(start=start, initial=not start, bookmarks=self._dice.random() < 0.5)
        watch, alone = (self.rest.watch(self.kind, namespace, match, options) for _ in range(2))
        lines, own = (
            Lines(self.kind, self.kind, form, "Metadata", shared, self.rest.converting)
            for shared in (self.streams.shared, watch_streams.Shared())
        )
        wire = Wire()
        stream = watch_streams._Stream(self.streams, watch, lines, wire)  # type: ignore[arg-type]
        stream.take(wire)  # type: ignore[arg-type]
        self.pairs.append((wire, alone, own))

    async def change(self) -> None:
        """Something is written."""
        namespace, name = self._dice.choice("ab"), f"m{self._dice.randrange(4)}"
        found = self.rest.store.get((self.kind.resource, namespace, name))
        labels = {"x": self._dice.choice("yz")}
        wanted = {"metadata": {"name": name, "labels": labels}, "data": {"k": str(self._dice.random())}}
        if found is None:
            await self.rest.create(self.kind, namespace, wanted)
        elif self._dice.random() < 0.3:
            await self.rest.delete(self.kind, namespace, name, {})
        else:
            await self.rest.replace(self.kind, namespace, name, wanted)

    def check(self) -> None:
        """Each has heard what one alone hears."""
        for wire, alone, own in self.pairs:
            text = b""
            while (told := alone.next()) or alone.behind:
                text += b"".join(map(own.line, told))
            assert _AGE.sub(b"AGE", wire.lines) == _AGE.sub(b"AGE", text)
            wire.written = b""


async def _settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.mark.parametrize("seed", range(12))
async def test_each_hears_what_it_would_hear_alone(seed: int) -> None:
    dice = Random(seed)
    scene = Scene(dice)
    for name in "ab":
        await scene.rest.create(registry().at("", "v1", "namespaces"), "", {"metadata": {"name": name}})
    for _ in range(20):
        scene.begin()
    for _ in range(40):
        for _ in range(dice.choice((1, 1, 5))):
            await scene.change()
        if dice.random() < 0.2:
            scene.begin()
        await _settle()
        if dice.random() < 0.5:
            scene.check()
    scene.check()


async def test_one_looks_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    look = Watch.next

    def counted(watch: Watch) -> Any:
        nonlocal looks
        looks += 1
        return look(watch)

    scene = Scene(Random(0))
    await scene.rest.create(registry().at("", "v1", "namespaces"), "", {"metadata": {"name": "a"}})
    monkeypatch.setattr(scene._dice, "choice", lambda of: of[0])
    for _ in range(50):
        scene.begin()
    await _settle()
    monkeypatch.setattr(Watch, "next", counted)
    for _ in range(10):
        await scene.change()
        await _settle()
    assert looks == 10
    monkeypatch.setattr(Watch, "next", look)
    scene.check()
