"""Sockets whose path is longer than the kernel takes: they must work all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from drakkar.driver import Plugin
from drakkar.driver.health import probe_sockets


class NoDevices:
    async def prepare(self, claims: Any) -> dict[str, Any]:
        return {}

    async def unprepare(self, claims: Any) -> dict[str, Any]:
        return {}


async def test_a_plugin_serves_below_a_deep_directory(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 80) / ("e" * 80)

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
