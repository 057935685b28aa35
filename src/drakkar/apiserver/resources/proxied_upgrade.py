"""Passes on a connection that is to speak another protocol, such as a WebSocket, to a pod, a service or a node."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from drakkar.apiserver import errors
from drakkar.apiserver.resources import proxy_headers
from drakkar.apiserver.resources.proxied import UNCHECKED
from drakkar.apiserver.resources.proxy import TAKE_OVER, Streams, Tunnel
from drakkar.apiserver.resources.proxy_headers import Headers
from drakkar.apiserver.resources.proxy_place import Place

_CONNECT_LIMIT = 10.0
_HEAD_LIMIT = 30.0
_REFUSAL_LIMIT = 10.0
_MAX_HEAD = 64 * 1024
# So much of the body of a refusal is told.
_MAX_REFUSAL = 64 * 1024


async def upgraded(request: Request, place: Place, path: str) -> Response:
    """A tunnel to a peer that has switched, or its refusal; StatusError 500 where it says anything else, or nothing."""
    take_over = request.scope.get(TAKE_OVER)
    if take_over is None:
        raise errors.bad_request("this connection cannot be upgraded")
    query = request.scope.get("query_string", b"").decode("latin-1")
    target = (proxy_headers.escaped(path) or "/") + (f"?{query}" if query else "")
    client = request.client.host if request.client else "127.0.0.1"
    headers = [
        (name, value)
        for name, value in proxy_headers.asked(request.headers.raw, client, upgrade=True)
        # What follows is no body.
        if name != b"content-length" or value == b"0"
    ]
    streams = await _dialled(place)
    try:
        head, status = await _switched(streams, request.method, target, headers)
        if status == 101:
            return Tunnel(take_over, streams, head)
        if not 400 <= status < 600:
            raise errors.StatusError(500, "", f"invalid upgrade response: status code {status}")
        return await _refusal(streams, head, status)
    except BaseException:
        streams[1].close()
        raise


async def _dialled(place: Place) -> Streams:
    tls = place.scheme == "https"
    try:
        async with asyncio.timeout(_CONNECT_LIMIT):
            return await asyncio.open_connection(
                place.host,
                place.port,
                ssl=(place.context or UNCHECKED) if tls else None,
                server_hostname=(place.name or place.host) if tls else None,
                limit=_MAX_HEAD,
            )
    except ConnectionRefusedError:
        why = f"dial tcp {place.netloc}: connect: connection refused"
    except (OSError, TimeoutError, ValueError) as failure:
        why = str(failure) or f"dial tcp {place.netloc}: i/o timeout"
    raise errors.StatusError(500, "", f"error dialing backend: {why}")


async def _switched(streams: Streams, method: str, target: str, headers: Headers) -> tuple[bytes, int]:
    """The head of the peer's answer, and its code."""
    reader, writer = streams
    lines = [f"{method} {target} HTTP/1.1".encode("ascii", "replace")]
    lines += [name + b": " + value for name, value in headers]
    try:
        async with asyncio.timeout(_HEAD_LIMIT):
            writer.write(b"\r\n".join(lines) + b"\r\n\r\n")
            await writer.drain()
            head = await reader.readuntil(b"\r\n\r\n")
        return head, int(head.split(b" ", 2)[1][:3])
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError, TimeoutError) as failure:
        why = "unexpected EOF" if isinstance(failure, asyncio.IncompleteReadError) else str(failure)
        raise errors.StatusError(500, "", why or "no answer in time") from None
    except (ValueError, IndexError):
        raise errors.StatusError(500, "", "malformed HTTP response") from None


async def _refusal(streams: Streams, head: bytes, status: int) -> Response:
    """What the peer says instead, as far as it comes soon."""
    reader, writer = streams
    headers: Headers = []
    for line in head.split(b"\r\n")[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            headers.append((name.strip().lower(), value.strip()))
    body = bytearray()
    try:
        async with asyncio.timeout(_REFUSAL_LIMIT):
            await _take(reader, headers, body)
    except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        # What has come is told.
        pass
    writer.close()
    response = Response(bytes(body), status_code=status)
    kept = [(name, value) for name, value in proxy_headers.answered(headers) if name != b"content-length"]
    response.raw_headers = [*kept, (b"content-length", str(len(body)).encode())]
    return response


async def _take(reader: asyncio.StreamReader, headers: Headers, body: bytearray) -> None:
    """The body of an answer with these headers, in chunks, of a length or until its end, and no more of it than is told."""
    told = dict(headers)
    if told.get(b"transfer-encoding", b"").lower().endswith(b"chunked"):
        while (left := _MAX_REFUSAL - len(body)) and (size := _size(await reader.readuntil(b"\n"))):
            body += await reader.readexactly(min(size, left))
            if size <= left:
                await reader.readuntil(b"\n")
        return
    length = told.get(b"content-length", b"")
    most = min(int(length), _MAX_REFUSAL) if length.isdigit() else _MAX_REFUSAL
    while len(body) < most and (piece := await reader.read(most - len(body))):
        body += piece


def _size(line: bytes) -> int:
    """How long a chunk is that begins with this line; ValueError."""
    return int(line.partition(b";")[0].strip(), 16)
