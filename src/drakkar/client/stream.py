"""Runs a command in a container over the WebSocket protocol of the API server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import NamedTuple

import aiohttp

from drakkar.client.errors import ApiError
from drakkar.client.resources import PODS
from drakkar.client.rest import Client

_PROTOCOL = "v5.channel.k8s.io"
_STDOUT, _STDERR, _STATUS = 1, 2, 3
_MOST = 64 * 1024 * 1024


class Done(NamedTuple):
    """What a command printed, and its exit code."""

    out: bytes
    err: bytes
    code: int


async def run_in_container(
    client: Client,
    pod: str,
    namespace: str,
    command: Sequence[str],
    seconds: float,
    container: str | None = None,
) -> Done:
    """Run `command` to its end; TimeoutError after `seconds`, ApiError when the server refuses."""
    params = [("command", word) for word in command] + [("stdout", "true"), ("stderr", "true")]
    if container is not None:
        params.append(("container", container))
    out, err, code = bytearray(), bytearray(), 1
    async with asyncio.timeout(seconds):
        async with client.connect(PODS.path(namespace, pod, "exec"), params, _PROTOCOL) as socket:
            async for message in socket:
                if message.type != aiohttp.WSMsgType.BINARY or not message.data:
                    continue
                channel, payload = message.data[0], message.data[1:]
                if channel == _STDOUT:
                    out += payload
                elif channel == _STDERR:
                    err += payload
                elif channel == _STATUS:
                    code = _exit_code(payload)
                if len(out) + len(err) > _MOST:
                    raise ApiError(
                        413, "RequestEntityTooLarge", f"the command printed more than {_MOST} bytes"
                    )
    return Done(bytes(out), bytes(err), code)


def _exit_code(payload: bytes) -> int:
    status = json.loads(payload)
    if status.get("status") == "Success":
        return 0
    for cause in (status.get("details") or {}).get("causes") or ():
        if cause.get("reason") == "ExitCode":
            return int(cause["message"])
    raise ApiError(
        500, str(status.get("reason", "")), str(status.get("message", "the command failed")), status
    )
