"""Makes node ports work: a TCP listener for each, whose connections go to the service's ready pods in turn.

Only TCP, and only node ports: a cluster IP is no address of this machine, so nothing can listen there.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Iterable
from typing import Any, NamedTuple

from drakkar.api.object import ObjectKey
from drakkar.api.workloads import EndpointSlice, Service
from drakkar.client import Client, EventRecorder
from drakkar.client.lifetime import keep_all_up
from drakkar.client.resources import ENDPOINTSLICES, SERVICES
from drakkar.kubelet.node.typed_copy import TypedCopy


class PortKey(NamedTuple):
    """A port of a service, by its name."""

    service: ObjectKey
    name: str


_log = logging.getLogger(__name__)
_CONNECT_SECONDS = 5.0
_BLOCK = 64 * 1024
_RETRY_SECONDS = 5.0
_SERVICE_LABEL = "kubernetes.io/service-name"


def node_ports(service: Service) -> dict[int, PortKey]:
    """The TCP node ports of a service."""
    meta, spec = service.metadata, service.spec
    if spec.type not in ("NodePort", "LoadBalancer"):
        return {}
    return {
        port.node_port: PortKey(ObjectKey(meta.namespace, meta.name), port.name)
        for port in spec.ports
        if port.node_port and port.protocol in ("", "TCP")
    }


def ready_addresses(slices: Iterable[EndpointSlice], key: PortKey) -> list[tuple[str, int]]:
    """Where the service's port is served by pods that are ready, in a stable order."""
    found: set[tuple[str, int]] = set()
    for item in slices:
        meta = item.metadata
        if ObjectKey(meta.namespace, meta.labels.get(_SERVICE_LABEL, "")) != key.service:
            continue
        ports = [port.port for port in item.ports if port.name == key.name and port.port is not None]
        for endpoint in item.endpoints:
            # Nobody's word counts as ready, as upstream has it.
            if endpoint.conditions.ready is not False:
                found.update((address, port) for address in endpoint.addresses for port in ports)
    return sorted(found)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while block := await reader.read(_BLOCK):
            writer.write(block)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


class ServiceProxy:
    """Listens at `address`; follows services and their endpoints."""

    def __init__(self, client: Client, address: str, events: EventRecorder) -> None:
        self._address = address
        self._events = events
        self._services = TypedCopy(client, SERVICES, Service)
        self._slices = TypedCopy(client, ENDPOINTSLICES, EndpointSlice)
        self._listeners: dict[int, asyncio.Server] = {}
        self._keys: dict[int, PortKey] = {}
        self._turn = itertools.count()
        self._changed = asyncio.Event()
        self._services.informer.add_handler(lambda change: self._changed.set())

    async def run(self) -> None:
        """Serve until cancelled; a port that somebody else has is told to the service's user and tried again."""
        try:
            await keep_all_up(
                {
                    "the watch of services": self._services.informer.run,
                    "the watch of endpoints": self._slices.informer.run,
                    "node ports": self._follow,
                }
            )
        finally:
            for listener in self._listeners.values():
                listener.close()

    async def _follow(self) -> None:
        while True:
            self._changed.clear()
            missing = await self._settle()
            try:
                async with asyncio.timeout(_RETRY_SECONDS if missing else None):
                    await self._changed.wait()
            except TimeoutError:
                pass

    async def _settle(self) -> bool:
        wanted: dict[int, PortKey] = {}
        for service in self._services.structs.values():
            wanted.update(node_ports(service))
        for port in [port for port in self._listeners if port not in wanted]:
            self._listeners.pop(port).close()
        self._keys = wanted
        missing = False
        for port, key in wanted.items():
            if port in self._listeners:
                continue
            try:
                self._listeners[port] = await asyncio.start_server(self._handler(port), self._address, port)
            except OSError as error:
                missing = True
                message = f"node port {port} cannot be served on {self._address}: {error.strerror}"
                # While we waited it may have gone.
                stored = self._services.informer.store.get(key.service)
                if stored is not None:
                    told = {"kind": "Service", "apiVersion": "v1", **stored}
                    self._events.event(told, "Warning", "PortInUse", message)
        return missing

    def _handler(self, port: int) -> Any:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await self._carry(port, reader, writer)
            except (OSError, TimeoutError) as error:
                _log.info("connection at node port %d ended: %s", port, error or repr(error))
            finally:
                writer.close()

        return handle

    async def _carry(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        key = self._keys.get(port)
        if key is None:
            # Its service has gone since the connection was made.
            return
        addresses = ready_addresses(self._slices.structs.values(), key)
        start = next(self._turn)
        for index in range(len(addresses)):
            host, target = addresses[(start + index) % len(addresses)]
            try:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    there, back = await asyncio.open_connection(host, target)
            except (OSError, TimeoutError):
                # The pod may be going; the next one may do.
                continue
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(_pump(reader, back))
                    group.create_task(_pump(there, writer))
            finally:
                back.close()
            return
