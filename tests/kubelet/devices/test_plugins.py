"""Plugins are noticed when their sockets come and go."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from kubelet.fake_api import eventually

from drakkar.driver import AllocatedClaim, ClaimRef, Plugin, PrepareResult
from drakkar.driver.plugin.plugin import serve_unix
from drakkar.kubelet.devices import plugin_sockets
from drakkar.kubelet.devices.plugins import PluginRegistry

NAME = "d.example"
# Nothing here may wait for the next look.
NEVER = 1000.0


class Nothing:
    async def prepare(self, claims: Sequence[AllocatedClaim]) -> dict[str, PrepareResult]:
        return {}

    async def unprepare(self, claims: Sequence[ClaimRef]) -> dict[str, str | None]:
        return {}


async def no_claim(namespace: str, name: str) -> dict[str, Any]:
    raise AssertionError


def plugin(base: Path) -> Plugin:
    return Plugin(
        Nothing(), NAME, registry_directory=base / "r", data_directory=base / "d", get_claim=no_claim
    )


@asynccontextmanager
async def following(base: Path, poll_seconds: float = NEVER) -> AsyncIterator[PluginRegistry]:
    registry = PluginRegistry(base / "r", poll_seconds)
    task = asyncio.create_task(registry.run())
    try:
        yield registry
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_driver_that_comes_and_goes_is_told_once_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugin_sockets, "LOOK_SECONDS", NEVER)
    (tmp_path / "r").mkdir()
    told: list[dict[str, bool]] = []
    async with following(tmp_path) as registry:
        registry.on_change(lambda: told.append(registry.drivers()))
        await asyncio.sleep(0)
        async with plugin(tmp_path):
            await eventually(lambda: registry.drivers().get(NAME))
        await eventually(lambda: not registry.drivers())
    # The connection may be seen to break before the socket is seen to be gone.
    assert [one for one in told if one != {NAME: False}] == [{NAME: True}, {}] and told[0] == {NAME: False}


async def test_a_driver_whose_process_is_killed_is_connected_no_more_and_again_with_the_next(
    tmp_path: Path,
) -> None:
    (tmp_path / "r").mkdir()
    killed = plugin(tmp_path)
    async with following(tmp_path) as registry, killed:
        await eventually(lambda: registry.drivers().get(NAME))
        changes: list[dict[str, bool]] = []
        registry.on_change(lambda: changes.append(registry.drivers()))
        # Its socket for registration stays, as after kill -9.
        server, held = killed._servers.pop(0)
        await server.stop(None)
        held.close()
        await eventually(lambda: changes == [{NAME: False}])
        killed._servers.insert(0, await serve_unix(killed.dra_socket, killed._serve_calls))
        await eventually(lambda: changes == [{NAME: False}, {NAME: True}])


async def test_a_socket_that_answers_late_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugin_sockets, "LOOK_SECONDS", NEVER)
    (tmp_path / "r").mkdir()
    async with following(tmp_path) as registry:
        path = tmp_path / "r" / f"{NAME}-reg.sock"
        early = socket.socket(socket.AF_UNIX)
        early.bind(str(path))
        await eventually(lambda: registry.sockets.retries)
        path.unlink()
        async with plugin(tmp_path):
            await eventually(registry.drivers)
            await eventually(lambda: not registry.sockets.retries)
        early.close()


async def test_a_directory_that_comes_later_or_anew_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugin_sockets, "LOOK_SECONDS", NEVER)
    async with following(tmp_path, poll_seconds=0.01) as registry:
        for _ in range(2):
            (tmp_path / "r").mkdir()
            async with plugin(tmp_path):
                await eventually(registry.drivers)
            await eventually(lambda: not registry.drivers())
            for left in (tmp_path / "r").iterdir():
                left.unlink()
            (tmp_path / "r").rmdir()
