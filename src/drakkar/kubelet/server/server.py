"""The node's own HTTPS server: logs, exec, attach and port-forward, for the API server and nobody else."""

from __future__ import annotations

import functools
import ssl
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from drakkar.client import Client
from drakkar.kubelet.config import KubeletConfig
from drakkar.kubelet.pods.pods import Pods
from drakkar.kubelet.pods.worker import PodWorker
from drakkar.kubelet.runtime.container import ContainerState
from drakkar.kubelet.runtime.errors import ContainerRuntimeError
from drakkar.kubelet.runtime.interface import ContainerRuntime
from drakkar.kubelet.runtime.log_reading import LogOptions, LogOptionsError, read_log
from drakkar.kubelet.server.access import Access
from drakkar.kubelet.server.streams import port_forward
from drakkar.kubelet.server.streams.channels import (
    STDERR,
    STDOUT,
    Channels,
    failure,
    serve_attach,
    serve_exec,
)
from drakkar.kubelet.server.streams.spdy import port_forward as spdy_port_forward
from drakkar.kubelet.server.streams.spdy.command import SpdyChannels

_SHUTDOWN_SECONDS = 1.0
_OUTPUTS = {"stdout": STDOUT, "stderr": STDERR}
_ASKED_AS = {"stdout": "output", "stderr": "error"}


def _truth(request: web.Request, name: str) -> bool:
    return request.query.get(name, "").lower() in ("1", "true")


def _spdy(request: web.Request) -> bool:
    return request.headers.get("Upgrade", "").lower() == "spdy/3.1"


def _channels(request: web.Request) -> Channels | SpdyChannels:
    return SpdyChannels(request) if _spdy(request) else Channels(request)


class KubeletServer:
    """Serves one node; `start` says on which port."""

    def __init__(
        self, config: KubeletConfig, pods: Pods, runtime: ContainerRuntime, client: Client | None = None
    ) -> None:
        self._config = config
        self._pods = pods
        self._runtime = runtime
        self._access = Access(client, config.node_name)
        self._runner: web.AppRunner | None = None

    def application(self) -> web.Application:
        """The routes, without TLS."""

        @web.middleware
        async def authorize(
            request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
        ) -> web.StreamResponse:
            # The authority also signs the certificates of nodes and users, whom exec on any node is not open to.
            if request.path != "/healthz":
                await self._access.check(request)
            return await handler(request)

        app = web.Application(middlewares=[authorize])
        app.router.add_get("/healthz", self._health)
        app.router.add_get("/containerLogs/{namespace}/{pod}/{container}", self._logs)
        for method in ("GET", "POST"):
            app.router.add_route(method, "/exec/{namespace}/{pod}/{container}", self._exec)
            app.router.add_route(method, "/attach/{namespace}/{pod}/{container}", self._attach)
            app.router.add_route(method, "/portForward/{namespace}/{pod}", self._port_forward)
        return app

    async def start(self) -> int:
        """Listen; the port."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(self._config.client_ca_file))
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(self._config.tls_cert_file, self._config.tls_private_key_file)
        self._runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._config.address, self._config.port, ssl_context=context)
        await site.start()
        return int(self._runner.addresses[0][1])

    async def aclose(self) -> None:
        """Stop listening and end what is open."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _health(self, request: web.Request) -> web.Response:
        return web.Response(text="ok")

    def _worker(self, request: web.Request) -> PodWorker:
        namespace, name = request.match_info["namespace"], request.match_info["pod"]
        worker = self._pods.find(namespace, name)
        if worker is None:
            raise web.HTTPNotFound(text=f'pod "{namespace}/{name}" is not on this node')
        return worker

    def _states(self, request: web.Request) -> tuple[ContainerState | None, ContainerState | None]:
        name = request.match_info["container"]
        try:
            return self._worker(request).container(name)
        except KeyError:
            pod = request.match_info["pod"]
            raise web.HTTPNotFound(text=f'container "{name}" not found in pod "{pod}"') from None

    def _running(self, request: web.Request) -> ContainerState:
        latest, _ = self._states(request)
        if latest is None or not latest.running:
            raise web.HTTPNotFound(text=f'container not found ("{request.match_info["container"]}")')
        return latest

    async def _logs(self, request: web.Request) -> web.StreamResponse:
        latest, previous = self._states(request)
        name, pod = request.match_info["container"], request.match_info["pod"]
        try:
            options = LogOptions.parse(dict(request.query), time.time())
        except LogOptionsError as error:
            raise web.HTTPUnprocessableEntity(text=str(error)) from None
        if _truth(request, "previous"):
            if previous is None:
                text = f'previous terminated container "{name}" in pod "{pod}" not found'
                raise web.HTTPBadRequest(text=text)
            latest = previous
        if latest is None:
            text = (
                f'container "{name}" in pod "{pod}" is waiting to start: {self._worker(request).waits(name)}'
            )
            raise web.HTTPBadRequest(text=text)
        state = latest
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        async for piece in read_log(state.spec.log_path, options, lambda: self._still(state)):
            await response.write(piece)
        await response.write_eof()
        return response

    def _still(self, state: ContainerState) -> bool:
        return any(
            s.spec.id == state.spec.id and s.running for s in self._runtime.containers(state.spec.pod_uid)
        )

    async def _exec(self, request: web.Request) -> web.StreamResponse:
        state = self._running(request)
        command = request.query.getall("command", [])
        if not command:
            raise web.HTTPBadRequest(text="you must specify at least 1 command for the container")
        channels = _channels(request)
        await channels.open()
        try:
            session = await self._runtime.exec(
                state.spec.id, command, stdin=_truth(request, "input"), tty=_truth(request, "tty")
            )
        except ContainerRuntimeError as error:
            await channels.finish(failure(str(error)))
            return channels.response
        await serve_exec(channels, session, _truth(request, "output"), _truth(request, "error"))
        return channels.response

    async def _attach(self, request: web.Request) -> web.StreamResponse:
        state = self._running(request)
        channels = _channels(request)
        wanted = [name for name in _OUTPUTS if _truth(request, _ASKED_AS[name])]
        # Before the client is let in: the answer to what it types is to be among what we read.
        attached = await self._runtime.attach(state.spec.id, wanted, _truth(request, "input"))
        await channels.open()
        streams = [(_OUTPUTS[name], pieces) for name, pieces in attached.outputs.items()]
        await serve_attach(channels, streams, attached.write)
        return channels.response

    async def _port_forward(self, request: web.Request) -> web.StreamResponse:
        worker = self._worker(request)
        if not worker.ip:
            raise web.HTTPBadRequest(text="the pod has no address yet")
        connect = functools.partial(self._runtime.port_forward, worker.uid)
        if _spdy(request):
            return await spdy_port_forward.serve_raw(request, connect)
        if spdy_port_forward.TUNNEL in request.headers.get("Sec-WebSocket-Protocol", ""):
            return await spdy_port_forward.serve_tunnel(request, connect)
        query = [*request.query.getall("port", []), *request.query.getall("ports", [])]
        return await port_forward.serve_channels(request, connect, port_forward.requested_ports(query))
