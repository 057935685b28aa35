"""A running node plugin: DRA socket, registration socket and published slices, in the right order."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc

from drakkar.driver.checkpoint import Checkpoint
from drakkar.driver.plugin.calls import DraCalls, GetClaim
from drakkar.driver.plugin.registration import Registration, add_registration
from drakkar.driver.plugin.server import VERSIONS, add_dra_services
from drakkar.driver.publish.slice_diff import Owner, Pool
from drakkar.driver.publish.slice_names import BY_INDEX, SliceNames
from drakkar.driver.types import Driver
from drakkar.grpc.unix_socket import UnixSocket

if TYPE_CHECKING:
    from drakkar.client import Client
    from drakkar.driver.publish.slices import SliceController

REGISTRY_DIRECTORY = Path("/var/lib/kubelet/plugins_registry")
PLUGINS_DIRECTORY = Path("/var/lib/kubelet/plugins")
PREPARED_FILE = "prepared_allocations.json"
STOP_SECONDS = 5.0
CONNECT_SECONDS = 2.0


async def serve_unix(path: Path, add: Callable[[grpc.aio.Server], None]) -> tuple[grpc.aio.Server, ExitStack]:
    """Serve on a unix socket, replacing one left by a process that died; what goes with it is closed after the server.

    OSError if somebody else serves there: two drivers of one name would take each other's calls.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        _lock(path, held)
        at = held.enter_context(UnixSocket(path))
        if await _answers(at):
            raise _taken(path)
        path.unlink(missing_ok=True)
        server = grpc.aio.server()
        add(server)
        if not server.add_insecure_port(at.address):
            raise OSError(f"failed to listen on {path}")
        await server.start()
        held.callback(path.unlink, missing_ok=True)
        return server, held.pop_all()


def _taken(path: Path) -> OSError:
    return OSError(f"another process serves {path}: does a driver of the same name run on this node already?")


def _lock(path: Path, held: ExitStack) -> None:
    """Two that start together both find nobody who answers; the lock ends with the process that has it, however it ends."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    # A name that kubelets pass over.
    descriptor = os.open(path.with_name(f".{path.name}.lock"), flags, 0o600)
    held.callback(os.close, descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise _taken(path) from None


async def _answers(at: UnixSocket) -> bool:
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _, writer = await asyncio.open_unix_connection(at.file)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


class Plugin:
    """Ties a driver to the kubelet and the API server. Use `async with`, or start() and stop()."""

    def __init__(
        self,
        driver: Driver,
        name: str,
        client: Client | None = None,
        node_name: str = "",
        registry_directory: Path = REGISTRY_DIRECTORY,
        data_directory: Path | None = None,
        get_claim: GetClaim | None = None,
        on_error: Callable[[Exception], None] | None = None,
        slice_names: SliceNames = BY_INDEX,
    ) -> None:
        if not name:
            raise ValueError("a driver needs a name")
        if client is None and get_claim is None:
            raise ValueError("a driver needs a client, or a way to read claims")
        self.name = name
        self.dra_socket = (data_directory or PLUGINS_DIRECTORY / name) / "dra.sock"
        self.registrar_socket = registry_directory / f"{name}-reg.sock"
        self.registration = Registration(name, str(self.dra_socket), VERSIONS)
        self._driver = driver
        self._client = client
        self._node_name = node_name
        self._get_claim = get_claim or self._read_claim
        self._on_error = on_error
        self._slice_names = slice_names
        self._calls: DraCalls | None = None
        self._servers: list[tuple[grpc.aio.Server, ExitStack]] = []
        self._slices: SliceController | None = None

    async def _read_claim(self, namespace: str, name: str) -> Mapping[str, Any]:
        from drakkar.client.resources import RESOURCECLAIMS

        assert self._client is not None
        claim: Mapping[str, Any] = await self._client.get(RESOURCECLAIMS, name, namespace)
        return claim

    async def start(self) -> None:
        """DRA service first: the kubelet may call it the moment registration is seen."""
        try:
            dra = await serve_unix(self.dra_socket, self._serve_calls)
            self._servers.append(dra)
            registrar = await serve_unix(
                self.registrar_socket, lambda server: add_registration(server, self.registration)
            )
            self._servers.append(registrar)
        except BaseException:
            await self.stop()
            raise

    def _serve_calls(self, server: grpc.aio.Server) -> None:
        # Once the socket is ours: two drivers of one name would share the file.
        noted = Checkpoint(self.dra_socket.with_name(PREPARED_FILE))
        self._calls = DraCalls(self.name, self._driver, self._get_claim, noted)
        add_dra_services(server, self._calls)

    async def publish(self, pools: Mapping[str, Pool]) -> None:
        """Replace the published devices; the first call starts the slice controller."""
        if self._slices is None:
            from drakkar.driver.publish.slices import SliceController

            if self._client is None or not self._node_name:
                raise ValueError("publishing needs a client and a node name")
            owner = Owner("v1", "Node", self._node_name)
            self._slices = SliceController(
                self._client, self.name, owner, self._on_error, names=self._slice_names
            )
            self._slices.start()
        self._slices.publish(pools)

    async def stop(self) -> None:
        """DRA service, registrar, slice controller. Slices stay: the devices are still there."""
        for server, held in self._servers:
            async with asyncio.timeout(STOP_SECONDS * 2):
                await server.stop(STOP_SECONDS)
            held.close()
        self._servers.clear()
        if self._calls is not None:
            await self._calls.finish(STOP_SECONDS)
            self._calls = None
        if self._slices is not None:
            await self._slices.stop()
            self._slices = None

    async def __aenter__(self) -> Plugin:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()
