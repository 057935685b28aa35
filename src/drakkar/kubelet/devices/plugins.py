"""The DRA drivers that are registered on this node."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc

from drakkar.grpc import pluginregistration_v1_pb2 as registration
from drakkar.grpc import pluginregistration_v1_pb2_grpc as registration_grpc
from drakkar.grpc.unix_socket import UnixSocket
from drakkar.kubelet.devices.dra_plugin import DraPlugin, choose_version
from drakkar.kubelet.devices.plugin_sockets import POLL_SECONDS, PluginSockets, RefusedError
from drakkar.validation.formats import dns_subdomain

_log = logging.getLogger(__name__)
REGISTRATION_SECONDS = 5.0
# As the API has it, where devices are published and allocated by it.
_LONGEST_NAME = 63


_WELL_KNOWN = Path("/var/lib/kubelet")


class NotRegisteredError(Exception):
    """A driver without a plugin on this node."""

    def __init__(self, driver: str) -> None:
        super().__init__(f"DRA driver {driver} is not registered")


class PluginRegistry:
    """Registered plugins by driver; the most recently added instance of a driver is used."""

    def __init__(
        self, directory: Path, poll_seconds: float = POLL_SECONDS, kubelet_dir: Path | None = None
    ) -> None:
        """`kubelet_dir` is where what containers know as /var/lib/kubelet lies on this machine."""
        self._kubelet_dir = kubelet_dir
        self._by_driver: dict[str, list[DraPlugin]] = {}
        self._by_socket: dict[str, DraPlugin] = {}
        self._connections: dict[str, asyncio.Task[None]] = {}
        self._handlers: list[Callable[[], None]] = []
        self.sockets = PluginSockets(directory, self._meet, self._remove, poll_seconds)

    async def run(self) -> None:
        """Follow the directory until cancelled."""
        await self.sockets.run()

    async def scan(self) -> None:
        """One look at the directory; returns once each new socket was tried."""
        await self.sockets.scan()

    async def aclose(self) -> None:
        """Leave all plugins."""
        await self.sockets.aclose()

    def get(self, driver: str) -> DraPlugin:
        """The plugin to call for a driver; NotRegisteredError when there is none."""
        instances = self._by_driver.get(driver)
        if not instances:
            raise NotRegisteredError(driver)
        for plugin in reversed(instances):
            if plugin.connected:
                return plugin
        return instances[-1]

    def on_change(self, handler: Callable[[], None]) -> None:
        """Call `handler` when a driver gets its first plugin, has lost its last, or a connection is there or broken."""
        self._handlers.append(handler)

    def _tell(self) -> None:
        for handler in self._handlers:
            handler()

    def drivers(self) -> dict[str, bool]:
        """Every driver, and whether a plugin of it is connected."""
        return {name: any(p.connected for p in plugins) for name, plugins in self._by_driver.items()}

    async def _meet(self, path: str) -> None:
        """Register whoever listens at a socket of the registry directory; RefusedError says why not."""
        with UnixSocket(path) as at:
            async with grpc.aio.insecure_channel(at.address) as channel:
                stub: Any = registration_grpc.RegistrationStub(channel)  # type: ignore[no-untyped-call, unused-ignore]
                info = await stub.GetInfo(registration.InfoRequest(), timeout=REGISTRATION_SECONDS)
                if info.type != "DRAPlugin":
                    # Device and CSI plugins share the directory; they are not ours to answer.
                    return
                refused: RefusedError | None = None
                try:
                    self._register(path, info)
                except RefusedError as error:
                    refused = error
                status = registration.RegistrationStatus(
                    plugin_registered=refused is None, error=str(refused or "")
                )
                await stub.NotifyRegistrationStatus(status, timeout=REGISTRATION_SECONDS)
                if refused is not None:
                    raise refused

    def _on_host(self, endpoint: str) -> Path:
        # A driver in a container tells the path that it sees.
        path = Path(endpoint)
        if self._kubelet_dir is not None and path.is_relative_to(_WELL_KNOWN):
            return self._kubelet_dir / path.relative_to(_WELL_KNOWN)
        return path

    def _register(self, path: str, info: Any) -> None:
        name, endpoint = info.name, info.endpoint or path
        if not name:
            raise RefusedError("DRA plugin name is empty")
        # No claim can name another.
        wrong = (
            dns_subdomain(name)
            if len(name) <= _LONGEST_NAME
            else [f"must be no more than {_LONGEST_NAME} bytes"]
        )
        if wrong:
            raise RefusedError(f"DRA plugin name {name[: 2 * _LONGEST_NAME]!a}: {wrong[0]}")
        version = choose_version(list(info.supported_versions))
        if version is None:
            raise RefusedError(f"none of the versions {list(info.supported_versions)[:10]} is supported")
        instances = self._by_driver.get(name, [])
        if any(plugin.endpoint == endpoint for plugin in instances):
            raise RefusedError(f"endpoint {endpoint} already registered for DRA driver plugin {name}")
        if not endpoint.startswith("/"):
            raise RefusedError(f"endpoint {endpoint[:200]!a}: not the path of a socket")
        try:
            at = UnixSocket(self._on_host(endpoint))
        except OSError as failure:
            raise RefusedError(f"endpoint {endpoint[:200]!a}: {failure.strerror}") from failure
        plugin = DraPlugin(name, endpoint, version, grpc.aio.insecure_channel(at.address), at)
        self._by_driver[name] = [*instances, plugin]
        self._by_socket[path] = plugin
        self._connections[path] = asyncio.create_task(plugin.follow_connection(self._tell))
        if not instances:
            self._tell()
        _log.info("registered DRA driver %s (%s) at %s", name, version, ascii(endpoint)[1:-1])

    async def _remove(self, path: str) -> None:
        plugin = self._by_socket.pop(path, None)
        if plugin is None:
            return
        rest = [other for other in self._by_driver.get(plugin.name, ()) if other is not plugin]
        if rest:
            self._by_driver[plugin.name] = rest
        else:
            self._by_driver.pop(plugin.name, None)
            self._tell()
        _log.info("deregistered DRA driver %s at %s", plugin.name, ascii(plugin.endpoint)[1:-1])
        self._connections.pop(path).cancel()
        await plugin.channel.close(1.0)
        plugin.socket.close()
