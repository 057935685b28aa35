"""gRPC health service that asks a probe on every check."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from drakkar.grpc import dra_v1_pb2, dra_v1_pb2_grpc, health_pb2, health_pb2_grpc
from drakkar.grpc import pluginregistration_v1_pb2 as registration_messages
from drakkar.grpc import pluginregistration_v1_pb2_grpc as registration_stubs
from drakkar.grpc.unix_socket import UnixSocket

_log = logging.getLogger(__name__)
SERVICES = frozenset({"", "liveness"})
PROBE_SECONDS = 5.0


async def probe_sockets(registrar: str, dra: str) -> bool:
    """True when both sockets of a plugin answer a call that changes nothing."""
    try:
        with UnixSocket(registrar) as at:
            async with grpc.aio.insecure_channel(at.address) as channel:
                stub = registration_stubs.RegistrationStub(channel)  # type: ignore[no-untyped-call, unused-ignore]
                await stub.GetInfo(registration_messages.InfoRequest(), timeout=PROBE_SECONDS)
        with UnixSocket(dra) as at:
            async with grpc.aio.insecure_channel(at.address) as channel:
                dra_stub = dra_v1_pb2_grpc.DRAPluginStub(channel)  # type: ignore[no-untyped-call, unused-ignore]
                empty = dra_v1_pb2.NodePrepareResourcesRequest()
                await dra_stub.NodePrepareResources(empty, timeout=PROBE_SECONDS)
    except grpc.aio.AioRpcError as error:
        _log.error("health probe failed: %s", error.details())
        return False
    return True


class Health(health_pb2_grpc.HealthServicer):
    """Serving while the probe says so; services it does not know are NotFound."""

    def __init__(self, probe: Callable[[], Awaitable[bool]]) -> None:
        self._probe = probe

    async def Check(self, request: Any, context: Any) -> Any:
        if request.service not in SERVICES:
            await context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
        states = health_pb2.HealthCheckResponse
        return states(status=states.SERVING if await self._probe() else states.NOT_SERVING)


async def start_health(
    port: int, probe: Callable[[], Awaitable[bool]], host: str = "127.0.0.1"
) -> tuple[grpc.aio.Server, int]:
    """Serve health on a TCP port (0 picks one); returns the server and its port."""
    server = grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(Health(probe), server)  # type: ignore[no-untyped-call, unused-ignore]
    bound = server.add_insecure_port(f"{host}:{port}")
    if not bound:
        raise OSError(f"failed to listen for healthcheck service on port {port}")
    await server.start()
    return server, bound
