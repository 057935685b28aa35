"""Passes a request on to a pod, a service or a node as it comes, and the answer back as it comes: neither is kept.

The peer is somebody's program. It is shown no credential of the client; the certificate of the server is shown to kubelets
alone; where it redirects to is the client's affair.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator

import aiohttp
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from yarl import URL

from drakkar.apiserver import errors
from drakkar.apiserver.resources import proxy_headers
from drakkar.apiserver.resources.proxy_headers import Headers, Prefix
from drakkar.apiserver.resources.proxy_place import Place, unreachable
from drakkar.validation.field_error import shown

_CONNECT_LIMIT = 10.0
# A peer may think long about a question, and say nothing for long in the middle of an answer.
HEAD_LIMIT = 300.0
SILENCE = 3600.0
_MAX_FIELD = 64 * 1024
# Without a body they do not say that it is empty.
_BODILESS = ("GET", "HEAD", "OPTIONS", "DELETE")
_OURS = {"User-Agent", "Accept", "Accept-Encoding", "Content-Type"}
_CACHE = (b"cache-control", b"no-cache, private")
# Who has a pod's address is whom it is spoken to.
UNCHECKED = ssl.create_default_context()
UNCHECKED.check_hostname = False
UNCHECKED.verify_mode = ssl.CERT_NONE


class _Incoming:
    """What comes of a client: its request's body, then its leaving."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read = asyncio.Event()

    async def body(self) -> AsyncIterator[bytes]:
        """Piece by piece, as the peer takes them."""
        try:
            more = True
            while more:
                message = await self._receive()
                if message["type"] != "http.request":
                    raise aiohttp.ClientConnectionError("the client has gone")
                more = message.get("more_body", False)
                if message.get("body"):
                    yield message["body"]
        finally:
            self._read.set()

    def nothing(self) -> None:
        """There is no body that is wanted."""
        self._read.set()

    async def gone(self) -> None:
        """Return when the client has left."""
        await self._read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            continue


class _Passed(Response):
    """A peer's answer, piece by piece, until it ends or the client leaves."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        answer: aiohttp.ClientResponse,
        headers: Headers,
        leaving: asyncio.Task[None],
    ) -> None:
        super().__init__(status_code=answer.status)
        self.raw_headers = headers
        self._session, self._answer, self._leaving = session, answer, leaving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.create_task(self._send(send))
        try:
            await asyncio.wait({sending, self._leaving}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                # What breaks off in its middle is told by a connection that does.
                sending.result()
        finally:
            await _ended(sending, self._leaving)
            await self._session.close()

    async def _send(self, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": list(self.raw_headers)}
        )
        async for piece in self._answer.content.iter_any():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _ended(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def passed_on(request: Request, place: Place, path: str) -> Response:
    """The peer's answer to the request, asked at `path`; StatusError where there is none."""
    whole, query = request.scope["path"], request.scope.get("query_string", b"").decode("latin-1")
    if not path.endswith("/") and whole.endswith("/"):
        path += "/"
    if not path and request.method in ("GET", "HEAD"):
        # Whatever the page there names is below it.
        location = proxy_headers.escaped(whole) + "/" + (f"?{query}" if query else "")
        moved = Response(
            status_code=301, headers={"Location": location, "Cache-Control": "no-cache, private"}
        )
        if request.method == "HEAD":
            del moved.headers["content-length"]
        return moved
    prefix = Prefix(whole, path, request.headers.get("host", ""), place.netloc)
    headers = proxy_headers.asked(request.headers.raw, _client(request))
    headers.append((b"x-forwarded-uri", prefix.forwarded.encode("ascii", "replace")))
    url = f"{place.scheme}://{place.netloc}{proxy_headers.escaped(path) or '/'}" + (
        f"?{query}" if query else ""
    )
    incoming = _Incoming(request.receive)
    leaving = asyncio.create_task(incoming.gone())
    limit = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_LIMIT, sock_read=SILENCE)
    session = aiohttp.ClientSession(
        timeout=limit,
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=_OURS,
        max_line_size=_MAX_FIELD,
        max_field_size=_MAX_FIELD,
    )
    try:
        answer = await _answer(session, request, url, headers, place, incoming, leaving)
    except BaseException:
        await _ended(leaving)
        await session.close()
        raise
    told = [_CACHE]
    for name, value in proxy_headers.answered(answer.raw_headers):
        if answer.status == 304 and name in (b"content-type", b"content-length"):
            continue
        if name == b"location":
            value = prefix.through(value.decode("latin-1")).encode("latin-1", "replace")
        told.append((name, value))
    return _Passed(session, answer, told, leaving)


def _client(request: Request) -> str:
    return request.client.host if request.client else "127.0.0.1"


def _text(value: bytes) -> str:
    """What is written as these bytes again, where they are UTF-8."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


async def _answer(
    session: aiohttp.ClientSession,
    request: Request,
    url: str,
    headers: Headers,
    place: Place,
    incoming: _Incoming,
    leaving: asyncio.Task[None],
) -> aiohttp.ClientResponse:
    """The head of the answer; StatusError 503 where there is none."""
    has_body = "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"
    if not has_body:
        incoming.nothing()
        if request.method in _BODILESS:
            headers = [(name, value) for name, value in headers if name != b"content-length"]
    asking = asyncio.ensure_future(
        session.request(
            request.method,
            URL(url, encoded=True),
            headers=[(name.decode("latin-1"), _text(value)) for name, value in headers],
            data=incoming.body() if has_body else None,
            allow_redirects=False,
            ssl=(place.context or UNCHECKED) if place.scheme == "https" else True,
            server_hostname=(place.name or None) if place.scheme == "https" else None,
        )
    )
    try:
        done, _ = await asyncio.wait(
            {asking, leaving}, timeout=HEAD_LIMIT, return_when=asyncio.FIRST_COMPLETED
        )
        if asking in done:
            return _sound(asking.result())
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as failure:
        raise unreachable(_why(failure, place)) from None
    finally:
        if not asking.done():
            asking.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await asking
    raise unreachable("the client has gone" if leaving in done else "no answer in time")


def _sound(answer: aiohttp.ClientResponse) -> aiohttp.ClientResponse:
    """An answer that a client can have. One that switches protocols, which nobody asked for, would not end for it."""
    if answer.status == 101:
        to = shown(answer.headers.get("Upgrade", ""))
        raise errors.StatusError(500, "", f'backend tried to switch protocol {to} when "" was requested')
    if not 200 <= answer.status < 600:
        raise unreachable(f"malformed HTTP status code {shown(str(answer.status))}")
    return answer


def _why(failure: Exception, place: Place) -> str:
    """In Go's words where it is what happens most."""
    below = failure.__cause__ or failure
    if isinstance(failure, aiohttp.ClientConnectorError):
        below = failure.os_error
    if isinstance(below, ConnectionRefusedError):
        return f"dial tcp {place.netloc}: connect: connection refused"
    if isinstance(below, ssl.SSLError):
        plain = below.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")
        return "tls: first record does not look like a TLS handshake" if plain else f"tls: {below.reason}"
    if isinstance(failure, aiohttp.ServerDisconnectedError):
        return "EOF"
    if isinstance(failure, TimeoutError):
        return f"dial tcp {place.netloc}: i/o timeout"
    return str(failure) or type(failure).__name__
