"""A driver's plugin as it is called."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import grpc

from drakkar.api.object import Uid
from drakkar.client.lifetime import is_cancelled
from drakkar.grpc import dra_v1_pb2, dra_v1_pb2_grpc, dra_v1beta1_pb2, dra_v1beta1_pb2_grpc
from drakkar.grpc.unix_socket import UnixSocket

CALL_SECONDS = 45.0
_SERVICES: dict[str, tuple[Any, Any]] = {
    "v1.DRAPlugin": (dra_v1_pb2, dra_v1_pb2_grpc),
    "v1beta1.DRAPlugin": (dra_v1beta1_pb2, dra_v1beta1_pb2_grpc),
}


class NamedClaim(NamedTuple):
    """A claim as drivers are told of it."""

    namespace: str
    name: str
    uid: Uid


class CallError(Exception):
    """A call that the driver did not answer, or refused as a whole."""


@dataclass(slots=True)
class DraPlugin:
    """One registered instance of a driver."""

    name: str
    endpoint: str
    version: str
    channel: grpc.aio.Channel
    socket: UnixSocket
    connected: bool = False

    async def follow_connection(self, changed: Callable[[], None]) -> None:
        """Keep it connected and `connected` true, and tell of every change, until cancelled."""
        while True:
            # Else a connection that broke, or was idle for long, would not be made again before the next call.
            state = self.channel.get_state(try_to_connect=True)
            if self.connected is not (state is grpc.ChannelConnectivity.READY):
                self.connected = not self.connected
                changed()
            await self.channel.wait_for_state_change(state)

    async def prepare(self, claims: Iterable[NamedClaim]) -> Any:
        """Call NodePrepareResources; CallError."""
        return await self._call("NodePrepareResources", claims)

    async def unprepare(self, claims: Iterable[NamedClaim]) -> Any:
        """Call NodeUnprepareResources; CallError."""
        return await self._call("NodeUnprepareResources", claims)

    async def _call(self, name: str, claims: Iterable[NamedClaim]) -> Any:
        messages, stubs = _SERVICES[self.version]
        named = [messages.Claim(namespace=one.namespace, name=one.name, uid=one.uid) for one in claims]
        request = getattr(messages, f"{name}Request")(claims=named)
        try:
            return await getattr(stubs.DRAPluginStub(self.channel), name)(request, timeout=CALL_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise CallError(
                f"{name}: rpc error: code = {error.code().name} desc = {error.details()}"
            ) from error
        except grpc.aio.UsageError as error:
            raise CallError(f"{name}: DRA driver {self.name} is not registered any more") from error
        except asyncio.CancelledError:
            if is_cancelled():
                raise
            # Its channel was closed: the call has failed, and who made it goes on.
            raise CallError(f"{name}: DRA driver {self.name} was deregistered during the call") from None


def choose_version(offered: list[str]) -> str | None:
    """The first in the plugin's list that we know."""
    return next((version for version in offered if version in _SERVICES), None)
