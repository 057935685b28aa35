"""Whatever lies in the registry directory, and whatever it answers, costs only itself."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from kubelet.devices.test_plugins import NAME, NEVER, following, plugin
from kubelet.fake_api import eventually

from drakkar.grpc import pluginregistration_v1_pb2 as messages
from drakkar.grpc import pluginregistration_v1_pb2_grpc as stubs
from drakkar.kubelet.config import KubeletConfig
from drakkar.kubelet.devices import plugin_sockets
from drakkar.kubelet.devices.plugins import PluginRegistry


class Odd(stubs.RegistrationServicer):
    """Answers what a test wants it to, and notes what it is told."""

    def __init__(self, **info: Any) -> None:
        given = {"type": "DRAPlugin", "name": "odd.example", "supported_versions": ["v1.DRAPlugin"]}
        self.info = messages.PluginInfo(**(given | info))
        self.told: list[Any] = []

    async def GetInfo(self, request: Any, context: Any) -> Any:
        return self.info

    async def NotifyRegistrationStatus(self, request: Any, context: Any) -> Any:
        self.told.append(request)
        return messages.RegistrationStatusResponse()


@asynccontextmanager
async def served(path: Path, odd: Odd) -> AsyncIterator[None]:
    server = grpc.aio.server()
    stubs.add_RegistrationServicer_to_server(odd, server)  # type: ignore[no-untyped-call, unused-ignore]
    server.add_insecure_port(f"unix:{path}")
    await server.start()
    try:
        yield
    finally:
        await server.stop(0)


@asynccontextmanager
async def silent(directory: Path, count: int) -> AsyncIterator[None]:
    """Sockets at which somebody listens who never answers."""
    with ExitStack() as held:
        for number in range(count):
            one = held.enter_context(socket.socket(socket.AF_UNIX))
            one.bind(str(directory / f"junk-{number}.sock"))
            one.listen(1)
        yield


@pytest.mark.parametrize(
    ("info", "error"),
    [
        ({"endpoint": "/tmp/a\0b"}, "endpoint '/tmp/a\\\\x00b': Invalid argument"),
        ({"endpoint": "/tmp/a\0" + "a" * 120 + "/b"}, "Invalid argument"),
        ({"endpoint": "/" + "a" * 200}, "File name too long"),
        ({"endpoint": "/none/" + "a/" * 100 + "b"}, "No such file or directory"),
        ({"endpoint": "/" + "x" * 300_000}, "File name too long"),
        ({"endpoint": "not a path %zz?#"}, "not the path of a socket"),
        ({"name": "evil\n\x1b[31m"}, r"DRA plugin name 'evil\\n\\x1b\[31m': "),
        ({"name": "a" * 64}, "no more than 63"),
        ({"name": ""}, "name is empty"),
    ],
)
async def test_who_cannot_be_taken_is_told_so(
    tmp_path: Path, info: dict[str, str], error: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    odd, registry = Odd(**info), PluginRegistry(tmp_path)
    async with served(tmp_path / "odd.sock", odd):
        await registry.scan()
        (status,) = odd.told
        assert not status.plugin_registered
        assert re.search(error, status.error)
        assert not registry.drivers() and set(registry.sockets.retries.values()) == {2.0}
        await registry.aclose()
    assert "odd.sock" in caplog.text
    assert all(line.getMessage().isprintable() for line in caplog.records)


@pytest.mark.parametrize("among_many", [False, True])
async def test_sockets_that_do_not_answer_hold_up_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, among_many: bool
) -> None:
    """Neither one that comes after them, nor one that is known already."""
    monkeypatch.setattr(plugin_sockets, "LOOK_SECONDS", NEVER)
    monkeypatch.setattr("drakkar.kubelet.devices.plugins.REGISTRATION_SECONDS", 1.0 if among_many else NEVER)
    directory = tmp_path / "r"
    directory.mkdir()
    async with following(tmp_path) as registry, plugin(tmp_path):
        await eventually(registry.drivers)
        kept: list[bool] = []
        registry.on_change(lambda: kept.append(NAME in registry.drivers()))
        async with silent(directory, 300 if among_many else 1):
            late = Odd(endpoint=str(directory / "late.sock"))
            async with served(directory / "late.sock", late):
                await eventually(lambda: sorted(registry.drivers()) == [NAME, "odd.example"] and late.told)
                # On a busy machine it may take more than one try.
                assert late.told[-1].plugin_registered and kept and all(kept)


async def test_more_sockets_than_are_looked_at_push_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(plugin_sockets, "MAX_SOCKETS", 2)
    monkeypatch.setattr("drakkar.kubelet.devices.plugins.REGISTRATION_SECONDS", 0.01)
    directory, registry = tmp_path / "r", PluginRegistry(tmp_path / "r")
    directory.mkdir()
    async with plugin(tmp_path):
        await registry.scan()
        async with silent(directory, 5):
            for _ in range(3):
                await registry.scan()
                assert list(registry.drivers()) == [NAME] and len(registry.sockets._sockets) == 2
        await registry.aclose()
    assert "more than 2 sockets in" in caplog.text


@pytest.mark.parametrize("what", ["kubelet", "kubelet/plugins_registry", "cdi/run"])
async def test_a_file_where_a_directory_of_drivers_belongs_keeps_the_node_from_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    (tmp_path / "node" / what).parent.mkdir(parents=True, mode=0o700)
    (tmp_path / "node" / what).touch()
    config = KubeletConfig("node", tmp_path / "node", tmp_path, tmp_path, tmp_path)
    (tmp_path / "node").chmod(0o700)
    config.make_directories()
    assert "no driver can be used before it is a directory" in caplog.text
    assert config.pods_dir.is_dir() and config.checkpoint_dir.is_dir()
    registry, looks = PluginRegistry(config.registry_dir, 0.001), 0
    look = registry.sockets._look

    async def counted() -> None:
        nonlocal looks
        await look()
        looks += 1

    monkeypatch.setattr(registry.sockets, "_look", counted)
    task = asyncio.create_task(registry.run())
    # What cannot be watched is looked at again and again.
    enough = 1 if what == "cdi/run" else 4
    await eventually(lambda: task.done() or looks >= enough)
    assert not task.done() and not registry.drivers()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_directory_that_cannot_be_looked_at_for_once_is_not_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = PluginRegistry(tmp_path / "r")

    def too_many(path: object) -> None:
        raise OSError(24, "Too many open files")

    async with plugin(tmp_path):
        await registry.scan()
        with monkeypatch.context() as patch:
            patch.setattr("drakkar.kubelet.devices.plugin_sockets.os.scandir", too_many)
            await registry.scan()
        assert list(registry.drivers()) == [NAME]
        await registry.aclose()


async def test_of_several_instances_the_newest_that_is_connected_is_called(tmp_path: Path) -> None:
    registry, same = PluginRegistry(tmp_path), Odd(endpoint=str(tmp_path / "a.sock"))
    async with served(tmp_path / "a.sock", Odd()), served(tmp_path / "b.sock", Odd()):
        for name in ("a", "b"):
            (tmp_path / f"{name}.sock").rename(tmp_path / f"{name}.later")
        for name in ("a", "b"):
            (tmp_path / f"{name}.later").rename(tmp_path / f"{name}.sock")
            await registry.scan()
        older, newer = registry._by_driver["odd.example"]
        assert (older.endpoint, newer.endpoint) == tuple(str(tmp_path / f"{name}.sock") for name in "ab")
        for old, new, called in (
            (True, True, newer),
            (True, False, older),
            (False, True, newer),
            (False, False, newer),
        ):
            older.connected, newer.connected = old, new
            assert registry.get("odd.example") is called
        async with served(tmp_path / "c.sock", same):
            await registry.scan()
            (status,) = same.told
            assert not status.plugin_registered and "already registered" in status.error
        await registry.aclose()
