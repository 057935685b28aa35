"""Actions that ask a container something (exec, HTTP, TCP, gRPC), and the probes that repeat them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import grpc

from drakkar.api.core import Container
from drakkar.api.run_pod import Action, HttpGetAction, Probe
from drakkar.client.lifetime import is_cancelled
from drakkar.grpc import health_pb2, health_pb2_grpc
from drakkar.kubelet.runtime.errors import ContainerRuntimeError
from drakkar.kubelet.runtime.interface import ContainerRuntime

_log = logging.getLogger(__name__)
_MAX_OUTPUT = 10 * 1024
# Whoever asks has a limit of his own, or none.
_NO_LIMIT = aiohttp.ClientTimeout(total=None)


class ActionError(Exception):
    """The container's answer was no, or none."""


def port_number(port: int | str, container: Container) -> int:
    """A port given by number or by its name in the container."""
    if isinstance(port, int) or port.isdigit():
        return int(port)
    for item in container.ports:
        if item.name == port:
            return item.container_port
    raise ActionError(f"the container has no port named {port}")


@dataclass(frozen=True, slots=True)
class Target:
    """The running container that is asked."""

    container: Container
    container_id: str
    pod_ip: str
    runtime: ContainerRuntime


async def perform(action: Action, target: Target, seconds: float | None) -> None:
    """Do one action of a probe or a lifecycle hook; ActionError says why it did not succeed in `seconds`, None for any time.

    Whatever else goes wrong is an ActionError too: a host, a header or a command that nobody can ask for fails the action,
    and must not keep a container from being ended.
    """
    try:
        async with asyncio.timeout(seconds):
            await _do(action, target)
    except TimeoutError:
        raise ActionError("no answer" if seconds is None else f"no answer within {seconds:g} s") from None
    except ActionError:
        raise
    except (Exception, asyncio.CancelledError) as error:
        if is_cancelled():
            raise
        raise ActionError(str(error) or repr(error)) from error


async def _do(action: Action, target: Target) -> None:
    if action.exec is not None:
        await _exec(action.exec.command, target)
    elif action.http_get is not None:
        await _http(action.http_get, target)
    elif action.tcp_socket is not None:
        ask = action.tcp_socket
        await _tcp(ask.host or target.pod_ip, port_number(ask.port, target.container))
    elif action.grpc is not None:
        await _grpc(f"{target.pod_ip}:{action.grpc.port}", action.grpc.service or "")
    elif action.sleep is not None:
        await asyncio.sleep(action.sleep.seconds)


async def _exec(command: Sequence[str], target: Target) -> None:
    try:
        session = await target.runtime.exec(target.container_id, command)
    except ContainerRuntimeError as error:
        raise ActionError(str(error)) from error
    try:
        assert session.stdout is not None and session.stderr is not None
        out, err = await asyncio.gather(_head(session.stdout), _head(session.stderr))
        code = await session.wait()
    finally:
        session.close()
    if code:
        raise ActionError((out + err).decode(errors="replace").strip() or f"exit code {code}")


async def _head(reader: asyncio.StreamReader) -> bytes:
    """The first part of an output; the rest is read and dropped, so that the command does not block on it."""
    kept = b""
    while data := await reader.read(_MAX_OUTPUT):
        kept += data[: _MAX_OUTPUT - len(kept)]
    return kept


async def _http(ask: HttpGetAction, target: Target) -> None:
    scheme, port = (ask.scheme or "HTTP").lower(), port_number(ask.port, target.container)
    url = f"{scheme}://{ask.host or target.pod_ip}:{port}/{ask.path.lstrip('/')}"
    headers = {item.name: item.value for item in ask.http_headers}
    headers.setdefault("User-Agent", "kube-probe/1.37")
    try:
        # Whose certificate answers does not matter to a probe.
        async with (
            aiohttp.ClientSession(timeout=_NO_LIMIT) as session,
            session.get(url, headers=headers, ssl=False, allow_redirects=False) as response,
        ):
            if not 200 <= response.status < 400:
                raise ActionError(f"HTTP probe failed with statuscode: {response.status}")
    except (aiohttp.ClientError, OSError) as error:
        raise ActionError(f'Get "{url}": {error}') from error


async def _tcp(host: str, port: int) -> None:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError as error:
        raise ActionError(f"dial tcp {host}:{port}: {error.strerror or error}") from error
    writer.close()


async def _grpc(target: str, service: str) -> None:
    async with grpc.aio.insecure_channel(target) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)  # type: ignore[no-untyped-call, unused-ignore]
        try:
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=service))
        except grpc.aio.AioRpcError as error:
            raise ActionError(f"{error.code().name}: {error.details()}") from error
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        raise ActionError(f"service unhealthy (responded with status {answer.status})")


async def watch(
    probe: Probe, ask: Callable[[float], Any], tell: Callable[[bool, str], None], until_success: bool = False
) -> None:
    """Probe until cancelled, and `tell` of each change of its verdict that its thresholds allow.

    With `until_success` (startup probes) it ends at the first success.
    """
    period, seconds = probe.period_seconds or 10.0, probe.timeout_seconds or 1.0
    thresholds = {True: probe.success_threshold or 1, False: probe.failure_threshold or 3}
    await asyncio.sleep(probe.initial_delay_seconds)
    last: bool | None = None
    run = 0
    while True:
        message = ""
        try:
            await ask(seconds)
            good = True
        except ActionError as error:
            good, message = False, str(error)
        run = run + 1 if good == last else 1
        last = good
        if run == thresholds[good]:
            tell(good, message)
            if good and until_success:
                return
        await asyncio.sleep(period)
