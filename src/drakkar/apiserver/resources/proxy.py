"""Logs, exec, attach and port-forward: requests about a pod that its node's kubelet answers, passed through as they
are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from urllib.parse import quote, urlencode

import aiohttp
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from drakkar.api.go_numbers import GoNumberError, natural
from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.resources.kubelets import SILENCE, Kubelets
from drakkar.apiserver.resources.log_parameters import log_query
from drakkar.apiserver.storage.store import Store

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

TAKE_OVER = "drakkar.take_over"
STREAMING = ("attach", "exec", "portforward")
_CHUNK = 64 * 1024
_PORT_BITS = 16
_STREAM_FLAGS = (("stdin", "input"), ("stdout", "output"), ("stderr", "error"), ("tty", "tty"))
_PASSED_HEADERS = ("connection", "upgrade", "x-stream-protocol-version", "content-length", "user-agent")


class Tunnel(Response):
    """A response that gives the connection away: bytes go both ways until either side ends."""

    def __init__(self, take_over: Callable[[], Streams], kubelet: Streams, head: bytes) -> None:
        super().__init__()
        self._take_over = take_over
        self._kubelet = kubelet
        self._head = head

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reader, writer = self._take_over()
        there, back = self._kubelet
        try:
            writer.write(self._head)
            sending = asyncio.create_task(_pump(reader, back))
            receiving = asyncio.create_task(_pump(there, writer))
            try:
                await asyncio.wait({sending, receiving}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (sending, receiving):
                    task.cancel()
                await asyncio.gather(sending, receiving, return_exceptions=True)
        finally:
            back.close()
            writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    except OSError:
        # One side has gone; the other end of the tunnel is closed by whoever waits for this.
        return


def _container(pod: Object, asked: str) -> str:
    """The container that is meant; StatusError 400. Which one a pod would have meant is for clients to look at."""
    name, spec = pod["metadata"]["name"], pod.get("spec") or {}
    fields = ("initContainers", "containers", "ephemeralContainers")
    names = [one["name"] for field in fields for one in spec.get(field) or ()]
    if asked:
        if asked not in names:
            raise errors.bad_request(f"container {asked} is not valid for pod {name}")
        return asked
    main = [one["name"] for one in spec.get("containers") or ()]
    if len(main) == 1:
        return str(main[0])
    raise errors.bad_request(
        f"a container name must be specified for pod {name}, choose one of: [{' '.join(names)}]"
    )


def _pod(store: Store, namespace: str, name: str) -> Object:
    found = store.get(("/pods", namespace, name))
    if found is None:
        raise errors.not_found("", "pods", name)
    return found


def _node(store: Store, pod: Object) -> Object | None:
    """The node of a pod; None where it is on none yet."""
    host = (pod.get("spec") or {}).get("nodeName")
    if not host:
        return None
    found = store.get(("/nodes", "", host))
    if found is None:
        # The original says so of a node, too.
        raise errors.not_found("", "pods", host)
    return found


def _path(*parts: str) -> str:
    return "/" + "/".join(quote(part, safe="") for part in parts)


async def log(store: Store, kubelets: Kubelets, request: Request, namespace: str, name: str) -> Response:
    """A container's output, as it is or as it comes."""
    query = log_query(request.query_params, name)
    pod = _pod(store, namespace, name)
    container = _container(pod, request.query_params.get("container", ""))
    node = _node(store, pod)
    if node is None:
        # Nothing has been said yet.
        return Response(status_code=204, headers={"Cache-Control": "no-cache, private"})
    path = _path("containerLogs", namespace, name, container) + (f"?{urlencode(query)}" if query else "")
    # What a client follows may be silent for as long as it likes.
    session, answer = await kubelets.get(node, path, None if "follow" in query else SILENCE)
    return StreamingResponse(_log_bytes(session, answer), media_type="text/plain")


async def _log_bytes(session: aiohttp.ClientSession, answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        async for chunk in answer.content.iter_any():
            yield chunk
    except (aiohttp.ClientError, TimeoutError):
        # The kubelet has gone or fallen silent in the middle; what was read has been sent, and there is no more.
        return
    finally:
        await session.close()


def _kubelet_path(pod: Object, namespace: str, name: str, sub: str, request: Request) -> str:
    given = request.query_params
    if sub == "portforward":
        query = [("port", str(port)) for port in _ports(given)]
        path = _path("portForward", namespace, name)
    else:
        container = _container(pod, given.get("container", ""))
        query = [("command", word) for word in given.getlist("command")]
        if sub == "exec" and not query:
            raise errors.bad_request("you must specify at least one command for the container")
        query += [
            (new, "1") for old, new in _STREAM_FLAGS if given.get(old, "").lower() in ("1", "true", "t")
        ]
        path = _path(sub, namespace, name, container)
    return path + (f"?{urlencode(query)}" if query else "")


def _ports(query: QueryParams) -> list[int]:
    try:
        return [natural(port, _PORT_BITS) for given in query.getlist("ports") for port in given.split(",")]
    except GoNumberError as failure:
        raise errors.bad_request(f"cannot convert to []int32: {failure}") from None


def connect_options(query: QueryParams, sub: str) -> Object:
    """What is asked of exec, attach or portforward, as the object that admission looks at."""
    if sub == "portforward":
        ports = _ports(query)
        options: Object = {"ports": ports} if ports else {}
        return {"kind": "PodPortForwardOptions", "apiVersion": "v1", **options}
    flags = {name: True for name, _ in _STREAM_FLAGS if query.get(name, "").lower() in ("1", "true", "t")}
    options = {**flags, **({"container": query["container"]} if query.get("container") else {})}
    if sub == "exec":
        options["command"] = query.getlist("command")
    return {"kind": f"Pod{sub.title()}Options", "apiVersion": "v1", **options}


async def stream(
    store: Store, kubelets: Kubelets, request: Request, namespace: str, name: str, sub: str
) -> Response:
    """exec, attach or portforward: the client's connection, joined to the kubelet's."""
    pod = _pod(store, namespace, name)
    if sub != "portforward":
        # Before it is known whether there is a node.
        _container(pod, request.query_params.get("container", ""))
    node = _node(store, pod)
    if node is None:
        raise errors.bad_request(f"pod {name} does not have a host assigned")
    if "upgrade" not in request.headers.get("connection", "").lower() or "upgrade" not in request.headers:
        raise errors.bad_request("Upgrade request required")
    take_over = request.scope.get(TAKE_OVER)
    if take_over is None:
        raise errors.bad_request("this connection cannot be upgraded")
    path = _kubelet_path(pod, namespace, name, sub, request)
    headers = [
        (key, value)
        for key, value in request.headers.items()
        if key in _PASSED_HEADERS or key.startswith("sec-websocket-")
    ]
    reader, writer, head = await kubelets.upgrade(node, request.method, path, headers)
    return Tunnel(take_over, (reader, writer), head)
