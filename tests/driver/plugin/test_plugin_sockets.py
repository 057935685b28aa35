"""The sockets of a plugin: in directories of any depth, and never taken from a driver that runs."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from drakkar.driver import Plugin
from drakkar.driver.plugin.health import probe_sockets
from drakkar.driver.plugin.plugin import serve_unix
from drakkar.grpc.unix_socket import UnixSocket


class NoDevices:
    async def prepare(self, claims: Any) -> dict[str, Any]:
        return {}

    async def unprepare(self, claims: Any) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize("where", ["d" * 80 + "/" + "e" * 80, "a b%41#?&=ä"])
async def test_a_plugin_serves_below_a_directory_of_any_name(tmp_path: Path, where: str) -> None:
    deep = tmp_path / where

    async def read(namespace: str, name: str) -> dict[str, Any]:
        raise AssertionError("no claim is asked for")

    plugin = Plugin(
        NoDevices(),
        "d.example",
        registry_directory=deep / "registry",
        data_directory=deep / "data",
        get_claim=read,
    )
    async with plugin:
        assert await probe_sockets(str(plugin.registrar_socket), str(plugin.dra_socket))
        assert plugin.registrar_socket.exists()
    assert not plugin.registrar_socket.exists() and not plugin.dra_socket.exists()


async def test_a_second_driver_of_the_same_name_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    async def read(namespace: str, name: str) -> dict[str, Any]:
        raise AssertionError("no claim is asked for")

    def plugin() -> Plugin:
        return Plugin(
            NoDevices(),
            "d.example",
            registry_directory=tmp_path / "r",
            data_directory=tmp_path / "d",
            get_claim=read,
        )

    async with plugin() as first:
        with pytest.raises(OSError, match="does a driver of the same name run on this node already"):
            await plugin().start()
        assert await probe_sockets(str(first.registrar_socket), str(first.dra_socket))
    async with plugin():
        pass


async def test_of_drivers_that_start_together_one_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them has looked before any of them listens."""
    looked: list[bool] = []

    async def answers(at: object) -> bool:
        looked.append(True)
        await asyncio.sleep(0)
        return False

    monkeypatch.setattr("drakkar.driver.plugin.plugin._answers", answers)
    made = await asyncio.gather(
        *(serve_unix(tmp_path / "d.sock", lambda server: None) for _ in range(5)), return_exceptions=True
    )
    served = [one for one in made if isinstance(one, tuple)]
    assert len(served) == len(looked) == 1
    assert all("another process serves" in str(one) for one in made if not isinstance(one, tuple))
    server, held = served[0]
    await server.stop(0)
    held.close()
    assert not (tmp_path / "d.sock").exists()


@pytest.mark.parametrize("name", ["a\0b", "a\0b" + "c" * 120, "n" * 120, "x" * 300_000])
def test_a_path_that_no_socket_can_have_is_refused(tmp_path: Path, name: str) -> None:
    open_before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match=r"Invalid argument|File name too long"):
        UnixSocket(tmp_path / name)
    assert len(os.listdir("/proc/self/fd")) == open_before
