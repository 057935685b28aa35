"""The registration service through which the kubelet learns of a plugin."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import grpc

from drakkar.grpc import pluginregistration_v1_pb2 as messages
from drakkar.grpc import pluginregistration_v1_pb2_grpc as stubs

_log = logging.getLogger(__name__)


class Registration(stubs.RegistrationServicer):
    """Answers GetInfo and remembers what the kubelet made of it."""

    def __init__(self, name: str, endpoint: str, versions: Sequence[str], kind: str = "DRAPlugin") -> None:
        self._info = messages.PluginInfo(
            type=kind, name=name, endpoint=endpoint, supported_versions=list(versions)
        )
        self.registered = asyncio.Event()
        self.error: str | None = None

    async def GetInfo(self, request: Any, context: Any) -> Any:
        return self._info

    async def NotifyRegistrationStatus(self, request: Any, context: Any) -> Any:
        if request.plugin_registered:
            self.error = None
            self.registered.set()
        else:
            self.error = request.error
            self.registered.clear()
            _log.error("registration of %s with the kubelet failed: %s", self._info.name, request.error)
        return messages.RegistrationStatusResponse()


def add_registration(server: grpc.aio.Server, registration: Registration) -> None:
    """Serve a registration on a gRPC server."""
    stubs.add_RegistrationServicer_to_server(registration, server)  # type: ignore[no-untyped-call, unused-ignore]
