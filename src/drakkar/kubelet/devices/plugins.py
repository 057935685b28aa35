"""Finds plugin sockets in the kubelet's registry directory and keeps the registered DRA drivers."""

from __future__ import annotations

import asyncio
import logging
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc

from drakkar.grpc import pluginregistration_v1_pb2 as registration
from drakkar.grpc import pluginregistration_v1_pb2_grpc as registration_grpc
from drakkar.grpc.unix_socket import UnixSocket
from drakkar.kubelet.devices.dra_plugin import DraPlugin, choose_version
from drakkar.kubelet.host.directory_watch import DirectoryWatch

_log = logging.getLogger(__name__)
# Where the directory cannot be watched it is looked at this often, and where it can, this seldom: for what was missed.
POLL_SECONDS, LOOK_SECONDS = 0.2, 30.0
REGISTRATION_SECONDS = 5.0
RETRY_SECONDS = 2.0
# A socket is there a moment before somebody listens; who does not answer is asked again soon, then less and less often.
FIRST_RETRY_SECONDS = 0.02
MAX_SOCKETS = 256
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
        self._directory = directory
        self._kubelet_dir = kubelet_dir
        self._poll = poll_seconds
        self._by_driver: dict[str, list[DraPlugin]] = {}
        # Socket path -> (identity of the file, its plugin).
        self._sockets: dict[str, tuple[tuple[int, int, int], DraPlugin | None]] = {}
        # Socket path -> when it is tried again, and after which pause.
        self._retries: dict[str, tuple[float, float]] = {}
        self._handlers: list[Callable[[], None]] = []

    def get(self, driver: str) -> DraPlugin:
        """The plugin to call for a driver; NotRegisteredError when there is none."""
        instances = self._by_driver.get(driver)
        if not instances:
            raise NotRegisteredError(driver)
        for plugin in reversed(instances):
            if plugin.channel.get_state() is grpc.ChannelConnectivity.READY:
                return plugin
        return instances[-1]

    def on_change(self, handler: Callable[[], None]) -> None:
        """Call `handler` when a driver gets its first plugin or has lost its last."""
        self._handlers.append(handler)

    def _tell(self) -> None:
        for handler in self._handlers:
            handler()

    def drivers(self) -> list[str]:
        return sorted(self._by_driver)

    async def run(self) -> None:
        """Follow the directory until cancelled."""
        watch: DirectoryWatch | None = None
        try:
            while True:
                if watch is None or watch.lost:
                    watch = self._watch(watch)
                # After the watch was made: what comes while we look is told.
                await self.scan()
                if watch is None:
                    await asyncio.sleep(self._pause(self._poll))
                else:
                    await watch.changed(self._pause(LOOK_SECONDS))
        finally:
            if watch is not None:
                watch.close()
            await self.aclose()

    def _watch(self, before: DirectoryWatch | None) -> DirectoryWatch | None:
        if before is not None:
            before.close()
        try:
            return DirectoryWatch(self._directory)
        except OSError:
            # Not there yet, or the machine has no more watches to give.
            return None

    def _pause(self, longest: float) -> float:
        """Seconds until the next look is due at the latest."""
        now = asyncio.get_running_loop().time()
        return max(0.0, min([longest, *(at - now for at, _ in self._retries.values())]))

    async def aclose(self) -> None:
        for path in list(self._sockets):
            await self._remove(path)

    def _found(self) -> dict[str, tuple[int, int, int]]:
        found: dict[str, tuple[int, int, int]] = {}
        try:
            with os.scandir(self._directory) as entries:
                for entry in entries:
                    if entry.name.startswith(".") or len(found) >= MAX_SOCKETS:
                        continue
                    try:
                        info = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue
                    if stat.S_ISSOCK(info.st_mode):
                        found[entry.path] = (info.st_dev, info.st_ino, info.st_ctime_ns)
        except FileNotFoundError:
            pass
        return found

    async def scan(self) -> None:
        """One look at the directory: forget sockets that went, register those that came or were replaced."""
        found = self._found()
        for path, (identity, _) in list(self._sockets.items()):
            if found.get(path) != identity:
                await self._remove(path)
        self._retries = {path: due for path, due in self._retries.items() if path in found}
        now = asyncio.get_running_loop().time()
        pending = [
            (path, identity)
            for path, identity in found.items()
            if path not in self._sockets and self._retries.get(path, (0.0, 0.0))[0] <= now
        ]
        # Together, so that one dead socket does not hold up the others.
        await asyncio.gather(*(self._add(path, identity) for path, identity in pending))

    async def _add(self, path: str, identity: tuple[int, int, int]) -> None:
        try:
            with UnixSocket(path) as at:
                error = await self._meet(path, identity, at.address)
            pause = RETRY_SECONDS
        except grpc.aio.AioRpcError as failure:
            error = f"{failure.code().name}: {failure.details()}"
            _, last = self._retries.get(path, (0.0, 0.0))
            pause = min(last * 2 or FIRST_RETRY_SECONDS, RETRY_SECONDS)
        except FileNotFoundError:
            return
        if error is None:
            self._retries.pop(path, None)
            return
        level = logging.ERROR if pause >= RETRY_SECONDS else logging.DEBUG
        _log.log(level, "registering plugin at %s: %s", path, error)
        await self._remove(path)
        self._retries[path] = asyncio.get_running_loop().time() + pause, pause

    async def _meet(self, path: str, identity: tuple[int, int, int], address: str) -> str | None:
        async with grpc.aio.insecure_channel(address) as channel:
            stub: Any = registration_grpc.RegistrationStub(channel)  # type: ignore[no-untyped-call, unused-ignore]
            info = await stub.GetInfo(registration.InfoRequest(), timeout=REGISTRATION_SECONDS)
            if info.type != "DRAPlugin":
                # Device and CSI plugins share the directory; they are not ours to answer.
                self._sockets[path] = (identity, None)
                return None
            error = self._register(path, identity, info)
            status = registration.RegistrationStatus(plugin_registered=error is None, error=error or "")
            await stub.NotifyRegistrationStatus(status, timeout=REGISTRATION_SECONDS)
            return error

    def _on_host(self, endpoint: str) -> Path:
        # A driver in a container tells the path that it sees.
        path = Path(endpoint)
        if self._kubelet_dir is not None and path.is_relative_to(_WELL_KNOWN):
            return self._kubelet_dir / path.relative_to(_WELL_KNOWN)
        return path

    def _register(self, path: str, identity: tuple[int, int, int], info: Any) -> str | None:
        if not info.name:
            return "DRA plugin name is empty"
        version = choose_version(list(info.supported_versions))
        if version is None:
            return f"none of the versions {list(info.supported_versions)} is supported"
        instances = self._by_driver.setdefault(info.name, [])
        endpoint = info.endpoint or path
        if any(plugin.endpoint == endpoint for plugin in instances):
            return f"endpoint {endpoint} already registered for DRA driver plugin {info.name}"
        try:
            at = UnixSocket(self._on_host(endpoint))
        except OSError as failure:
            return f"endpoint {endpoint}: {failure.strerror}"
        plugin = DraPlugin(info.name, endpoint, version, grpc.aio.insecure_channel(at.address), at)
        plugin.channel.get_state(try_to_connect=True)
        instances.append(plugin)
        self._sockets[path] = (identity, plugin)
        if len(instances) == 1:
            self._tell()
        _log.info("registered DRA driver %s (%s) at %s", info.name, version, endpoint)
        return None

    async def _remove(self, path: str) -> None:
        _, plugin = self._sockets.pop(path, (None, None))
        if plugin is None:
            return
        rest = [other for other in self._by_driver.get(plugin.name, ()) if other is not plugin]
        if rest:
            self._by_driver[plugin.name] = rest
        else:
            self._by_driver.pop(plugin.name, None)
            self._tell()
        _log.info("deregistered DRA driver %s at %s", plugin.name, plugin.endpoint)
        await plugin.channel.close(1.0)
        plugin.socket.close()
