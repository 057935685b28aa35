from __future__ import annotations

import asyncio
from typing import Any

import pytest

from drakkar.api.object import ObjectKey
from drakkar.api.resource import decode
from drakkar.api.workloads import EndpointSlice, Service
from drakkar.client.changes import Added, Deleted
from drakkar.kubelet.node.service_proxy import PortKey, ServiceProxy, node_ports, ready_addresses

WEB = PortKey(ObjectKey("ns", "web"), "")


def _service(port: int, kind: str = "NodePort") -> dict[str, Any]:
    ports = [{"port": 80, "nodePort": port, "protocol": "TCP"}]
    return {"metadata": {"namespace": "ns", "name": "web"}, "spec": {"type": kind, "ports": ports}}


def _slice(port: int, *ready: bool) -> dict[str, Any]:
    return {
        "metadata": {"namespace": "ns", "name": "web-1", "labels": {"kubernetes.io/service-name": "web"}},
        "ports": [{"name": "", "port": port}],
        "endpoints": [
            {"addresses": [f"127.0.0.{index + 1}"], "conditions": {"ready": value}}
            for index, value in enumerate(ready)
        ],
    }


def test_only_services_with_node_ports_are_served() -> None:
    assert node_ports(decode(Service, _service(30001))) == {30001: WEB}
    assert node_ports(decode(Service, _service(30001, "ClusterIP"))) == {}


def test_only_ready_pods_of_the_service_are_reached() -> None:
    other = _slice(81, True)
    other["metadata"]["namespace"] = "other"
    slices = [decode(EndpointSlice, one) for one in (_slice(80, True, False, True), other)]
    found = ready_addresses(slices, WEB)
    assert found == [("127.0.0.1", 80), ("127.0.0.3", 80)]


class _Nothing:
    """A client that is never asked: the test fills the stores itself."""


class _Events:
    def __init__(self) -> None:
        self.told: list[str] = []

    def event(self, obj: Any, kind: str, reason: str, message: str) -> None:
        self.told.append(message)


async def test_a_connection_reaches_a_pod_and_both_directions_flow() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"pod says " + await reader.read())
        writer.close()

    pod = await asyncio.start_server(answer, "127.0.0.1", 0)
    spare = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = spare.sockets[0].getsockname()[1]
    spare.close()
    await spare.wait_closed()
    events = _Events()
    proxy = ServiceProxy(_Nothing(), "127.0.0.1", events)  # type: ignore[arg-type]
    proxy._services.changed(Added(_service(port)))
    proxy._slices.changed(Added(_slice(pod.sockets[0].getsockname()[1], True)))
    assert not await proxy._settle()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"hello")
    writer.write_eof()
    assert await asyncio.wait_for(reader.read(), 5) == b"pod says hello"
    writer.close()
    proxy._services.changed(Deleted(_service(port)))
    await proxy._settle()
    taken = _service(pod.sockets[0].getsockname()[1])
    proxy._services.changed(Added(taken))
    proxy._services.informer.store["ns", "web"] = taken
    assert await proxy._settle()
    assert "cannot be served" in events.told[0]
    pod.close()


async def test_a_service_that_goes_while_its_port_is_tried_harms_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events = _Events()
    proxy = ServiceProxy(_Nothing(), "127.0.0.1", events)  # type: ignore[arg-type]
    proxy._services.changed(Added(_service(30001)))
    # The store has lost it by the time that the port is known to be somebody else's.
    assert not proxy._services.informer.store

    async def taken(*arguments: object) -> asyncio.Server:
        raise OSError(98, "Address already in use")

    monkeypatch.setattr(asyncio, "start_server", taken)
    assert await proxy._settle()
    assert not events.told


async def test_a_connection_to_a_port_whose_service_has_gone_is_closed() -> None:
    proxy = ServiceProxy(_Nothing(), "127.0.0.1", _Events())  # type: ignore[arg-type]
    there = await asyncio.start_server(proxy._handler(30001), "127.0.0.1", 0)
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: failures.append(context))
    reader, writer = await asyncio.open_connection(*there.sockets[0].getsockname())
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()
    there.close()
    assert not failures
