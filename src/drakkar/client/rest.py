"""The client: one method a verb, objects as plain dictionaries, every request with a time limit."""

from __future__ import annotations

import asyncio
import contextlib
import json as json_module
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import yarl

from drakkar.api.object import Object
from drakkar.client.errors import ApiError, UnansweredError, from_status
from drakkar.client.resources import Resource
from drakkar.client.transport import Exchange, own_errors, tracing

# A JSON patch is a list of operations; named here because the class has a method called list.
Operations = list[Object]

_REQUEST_LIMIT = 30.0
_WATCH_SECONDS = 300
# A server that has gone without closing the connection is noticed this long after a watch should have ended,
_WATCH_SLACK = 30.0
# or after so long without a word: once a minute a server says how far it is.
_WATCH_SILENCE = 150.0
# One event line holds one object, and no server stores an object of more than a few MiB.
_LINE_LIMIT = 8 * 1024 * 1024
# Tokens in files are renewed by the kubelet long before they end; reading once a minute is early enough.
_TOKEN_FRESH = 60.0

PATCH_TYPES = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
    "apply": "application/apply-patch+yaml",
}


class Client:
    """Speaks to one API server. `token_file` is read anew as it is renewed; a `token` stays.

    Every method raises ApiError when the server refuses, UnreachableError or UnansweredError when nobody answers; all are
    ClientErrors, which say whether the request may have been carried out.
    """

    def __init__(
        self,
        server: str,
        ssl_context: ssl.SSLContext | None = None,
        token: str | None = None,
        token_file: str | Path | None = None,
        user_agent: str = "drakkar",
    ) -> None:
        self.server = server.rstrip("/")
        self._ssl = ssl_context
        self._token = token
        self._token_file = Path(token_file) if token_file else None
        self._token_read = 0.0
        self._user_agent = user_agent
        self._session: aiohttp.ClientSession | None = None
        self.before_write: Callable[[], None] | None = None
        """Called before each request that may change something; what it raises keeps the request from being sent."""

    @classmethod
    def from_kubeconfig(cls, path: str | Path | None, context: str | None = None) -> Client:
        """A client for a kubeconfig's context; without a path the one kubectl would use."""
        from drakkar.client.kubeconfig import load

        access = load(path, context)
        return cls(access.server, access.ssl_context, access.token)

    @classmethod
    def in_cluster(cls) -> Client:
        """A client with the service account that is mounted into this container."""
        from drakkar.client.kubeconfig import in_cluster

        access = in_cluster()
        return cls(access.server, access.ssl_context, token_file=access.token_file)

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def get(self, resource: Resource, name: str, namespace: str | None = None) -> Object:
        return await self.request("GET", resource.path(namespace, name))

    async def list(
        self,
        resource: Resource,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
        limit: int | None = None,
    ) -> Object:
        """The whole list, fetched in pages of `limit` when one is given."""
        params = _selectors(label_selector, field_selector)
        if limit:
            params["limit"] = str(limit)
        answer = await self.request("GET", resource.path(namespace), params)
        items = answer.get("items") or []
        while (token := (answer.get("metadata") or {}).get("continue")) is not None and token:
            answer = await self.request("GET", resource.path(namespace), {**params, "continue": token})
            items += answer.get("items") or []
        answer["items"] = items
        return answer

    async def create(self, resource: Resource, obj: Object, namespace: str | None = None) -> Object:
        return await self.request("POST", resource.path(namespace or _namespace(obj)), json=obj)

    async def update(self, resource: Resource, obj: Object, subresource: str | None = None) -> Object:
        path = resource.path(_namespace(obj), obj["metadata"]["name"], subresource)
        return await self.request("PUT", path, json=obj)

    async def patch(
        self,
        resource: Resource,
        name: str,
        body: Object | Operations,
        namespace: str | None = None,
        kind: str = "merge",
        subresource: str | None = None,
        field_manager: str | None = None,
        force: bool = False,
    ) -> Object:
        """Patch by one of the four kinds: merge, strategic, json, apply (which needs a field manager)."""
        params = {"fieldManager": field_manager} if field_manager else {}
        if kind == "apply" and force:
            params["force"] = "true"
        headers = {"Content-Type": PATCH_TYPES[kind]}
        path = resource.path(namespace, name, subresource)
        return await self.request("PATCH", path, params, body, headers)

    async def delete(
        self,
        resource: Resource,
        name: str,
        namespace: str | None = None,
        grace_period_seconds: int | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
        propagation_policy: str | None = None,
    ) -> Object:
        preconditions = {"uid": uid, "resourceVersion": resource_version}
        options: Object = {
            "gracePeriodSeconds": grace_period_seconds,
            "propagationPolicy": propagation_policy,
        }
        options = {key: value for key, value in options.items() if value is not None}
        given = {key: value for key, value in preconditions.items() if value is not None}
        if given:
            options["preconditions"] = given
        body = {"kind": "DeleteOptions", "apiVersion": "v1", **options} if options else None
        return await self.request("DELETE", resource.path(namespace, name), json=body)

    async def delete_collection(
        self,
        resource: Resource,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
    ) -> Object:
        params = _selectors(label_selector, field_selector)
        return await self.request("DELETE", resource.path(namespace), params)

    async def post_subresource(
        self, resource: Resource, name: str, subresource: str, obj: Object, namespace: str | None = None
    ) -> Object:
        return await self.request("POST", resource.path(namespace, name, subresource), json=obj)

    async def watch(
        self,
        resource: Resource,
        namespace: str | None = None,
        label_selector: str | None = None,
        field_selector: str | None = None,
        resource_version: str | None = None,
        seconds: int = _WATCH_SECONDS,
    ) -> AsyncIterator[tuple[str, Object]]:
        """Events as (type, object) until the server ends the watch; an ERROR event is raised as ApiError.

        UnansweredError when the connection breaks, brings what is no event, or is silent for long.
        """
        params = _selectors(label_selector, field_selector)
        params |= {"watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": str(seconds)}
        if resource_version:
            params["resourceVersion"] = resource_version
        limit = aiohttp.ClientTimeout(total=seconds + _WATCH_SLACK, sock_read=_WATCH_SILENCE)
        path = resource.path(namespace)
        exchange = Exchange(f"watch {path}")
        with own_errors(exchange):
            async with contextlib.AsyncExitStack() as open_:
                # Its head comes at once, whatever there is to tell.
                async with asyncio.timeout(_REQUEST_LIMIT):
                    opening = self._open(exchange, "GET", path, params, None, None, limit)
                    response = await open_.enter_async_context(opening)
                if response.status >= 400:
                    raise await _error(response)
                async for line in response.content:
                    if line.strip():
                        yield _event(line)

    async def request(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Object:
        """One request for a JSON object."""
        limit = aiohttp.ClientTimeout(total=_REQUEST_LIMIT)
        exchange = Exchange(f"{method} {path}")
        with own_errors(exchange):
            async with self._open(exchange, method, path, params, json, headers, limit) as response:
                if response.status >= 400:
                    raise await _error(response)
                answer: Object = msgspec.json.decode(await response.read())
        if not isinstance(answer, dict):
            raise UnansweredError(f"{method} {path}: the answer is no JSON object")
        return answer

    async def text(self, method: str, path: str, params: Mapping[str, str] | None = None) -> str:
        """One request for text, such as a container's log."""
        limit = aiohttp.ClientTimeout(total=_REQUEST_LIMIT)
        exchange = Exchange(f"{method} {path}")
        with own_errors(exchange):
            async with self._open(exchange, method, path, params, None, {"Accept": "*/*"}, limit) as response:
                if response.status >= 400:
                    raise await _error(response)
                return str(await response.text(errors="replace"))

    @contextlib.asynccontextmanager
    async def connect(
        self, path: str, params: Sequence[tuple[str, str]], protocol: str
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """A WebSocket of one subprotocol; ApiError when the server does not agree to it."""
        session, headers = self._ready(), self._headers({})
        url = yarl.URL(self.server + path).with_query(list(params))
        with own_errors(Exchange(f"connect {path}")):
            try:
                socket = await session.ws_connect(
                    url, protocols=(protocol,), headers=headers, max_msg_size=_LINE_LIMIT
                )
            except aiohttp.WSServerHandshakeError as error:
                raise from_status(error.status, {"message": error.message}) from None
        try:
            yield socket
        finally:
            await socket.close()

    def _ready(self) -> aiohttp.ClientSession:
        if self._session is None:
            # Every informer holds a connection of its own for as long as it watches.
            connector = aiohttp.TCPConnector(limit=0, ssl=self._ssl if self._ssl is not None else True)
            self._session = aiohttp.ClientSession(
                connector=connector, read_bufsize=_LINE_LIMIT, trace_configs=[tracing()]
            )
        return self._session

    def _headers(self, more: Mapping[str, str]) -> dict[str, str]:
        sent = {"Accept": "application/json", "User-Agent": self._user_agent, **more}
        token = self._current_token()
        if token:
            sent["Authorization"] = f"Bearer {token}"
        return sent

    def _open(
        self,
        exchange: Exchange,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: Any,
        headers: Mapping[str, str] | None,
        limit: aiohttp.ClientTimeout,
    ) -> Any:
        if method != "GET" and self.before_write is not None:
            self.before_write()
        sent = self._headers(headers or {})
        data = None
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
            data = json_module.dumps(body, separators=(",", ":")).encode()
        return self._ready().request(
            method,
            self.server + path,
            params=params,
            data=data,
            headers=sent,
            timeout=limit,
            trace_request_ctx=exchange,
        )

    def _current_token(self) -> str | None:
        if self._token_file is not None and time.monotonic() - self._token_read > _TOKEN_FRESH:
            self._token = self._token_file.read_text().strip()
            self._token_read = time.monotonic()
        return self._token


def _namespace(obj: Object) -> str | None:
    namespace: str | None = (obj.get("metadata") or {}).get("namespace")
    return namespace


def _selectors(label_selector: str | None, field_selector: str | None) -> dict[str, str]:
    given = {"labelSelector": label_selector, "fieldSelector": field_selector}
    return {key: value for key, value in given.items() if value}


def _event(line: bytes) -> tuple[str, Object]:
    """One line of a watch; ValueError for what is no event, ApiError for an ERROR."""
    event = msgspec.json.decode(line)
    if not isinstance(event, dict) or not isinstance(event.get("object"), dict):
        raise ValueError(f"no watch event: {line[:100]!r}")
    if event.get("type") == "ERROR":
        raise from_status(int(event["object"].get("code", 500)), event["object"])
    return str(event.get("type")), event["object"]


async def _error(response: aiohttp.ClientResponse) -> ApiError:
    async with asyncio.timeout(_REQUEST_LIMIT):
        text = await response.text(errors="replace")
    try:
        status = msgspec.json.decode(text)
    except ValueError:
        status = {"message": text[:1000]}
    return from_status(response.status, status if isinstance(status, dict) else {})
