"""The DRA gRPC service of a driver, in both of its versions."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from typing import Any

import grpc

from drakkar.driver.errors import CallFailedError
from drakkar.driver.plugin.calls import DraCalls
from drakkar.driver.types import ClaimRef, Device
from drakkar.grpc import (
    dra_v1_pb2,
    dra_v1_pb2_grpc,
    dra_v1beta1_pb2,
    dra_v1beta1_pb2_grpc,
)

_log = logging.getLogger(__name__)

VERSIONS = ("v1.DRAPlugin", "v1beta1.DRAPlugin")


def _device(messages: Any, item: Device, with_share_id: bool) -> Any:
    made = messages.Device(
        # A subrequest is known to the kubelet by its parent.
        request_names=[name.partition("/")[0] for name in item.requests],
        pool_name=item.pool_name,
        device_name=item.device_name,
        cdi_device_ids=item.cdi_device_ids,
    )
    if with_share_id and item.share_id is not None:
        made.share_id = item.share_id
    return made


def _refs(request: Any) -> list[ClaimRef]:
    return [ClaimRef(claim.namespace, claim.name, claim.uid) for claim in request.claims]


async def _guarded(context: Any, call: Awaitable[Any]) -> Any:
    try:
        return await call
    except Exception as error:
        if not isinstance(error, CallFailedError):
            _log.exception("DRA call failed")
        await context.abort(grpc.StatusCode.UNKNOWN, str(error))


def _service(calls: DraCalls, messages: Any, base: Any, with_share_id: bool) -> Any:
    """A servicer for one version; the versions differ in package name and share ids only."""

    class Service(base):  # type: ignore[misc]
        async def NodePrepareResources(self, request: Any, context: Any) -> Any:
            results = await _guarded(context, calls.prepare(_refs(request)))
            response = messages.NodePrepareResourcesResponse()
            for uid, result in results.items():
                entry = response.claims[uid]
                if result.error is not None:
                    entry.error = result.error
                else:
                    entry.devices.extend(_device(messages, item, with_share_id) for item in result.devices)
            return response

        async def NodeUnprepareResources(self, request: Any, context: Any) -> Any:
            results = await _guarded(context, calls.unprepare(_refs(request)))
            response = messages.NodeUnprepareResourcesResponse()
            for uid, error in results.items():
                response.claims[uid].error = error or ""
            return response

    return Service()


def add_dra_services(server: grpc.aio.Server, calls: DraCalls) -> None:
    """Serve a driver as v1 and v1beta1 on a gRPC server; both share what is called."""
    v1 = _service(calls, dra_v1_pb2, dra_v1_pb2_grpc.DRAPluginServicer, True)
    beta = _service(calls, dra_v1beta1_pb2, dra_v1beta1_pb2_grpc.DRAPluginServicer, False)
    dra_v1_pb2_grpc.add_DRAPluginServicer_to_server(v1, server)  # type: ignore[no-untyped-call, unused-ignore]
    dra_v1beta1_pb2_grpc.add_DRAPluginServicer_to_server(beta, server)  # type: ignore[no-untyped-call, unused-ignore]
