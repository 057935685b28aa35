"""One request to an ASGI application and its answer, in the same process."""

from __future__ import annotations

import asyncio
import contextlib
import json as json_module
import urllib.parse
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from drakkar.api.object import Object
from drakkar.client import ApiError
from drakkar.client.errors import from_status

Message = dict[str, Any]
App = Callable[[Any, Any, Any], Awaitable[None]]


class Exchange:
    """A request that is made when its answer is asked for; what is sent is fixed before."""

    def __init__(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._sent = b"" if json is None else json_module.dumps(json).encode()
        query = {key: value for key, value in (params or {}).items() if value}
        named = {"Accept": "application/json", "Content-Type": "application/json", **(headers or {})}
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "https",
            "path": urllib.parse.unquote(path),
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": urllib.parse.urlencode(query).encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in named.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 6443),
        }

    async def answer(self, app: App) -> Object:
        """The JSON object of the answer; ApiError for a refusal."""
        answer: Object = json_module.loads(await self.body(app))
        return answer

    async def body(self, app: App) -> bytes:
        """The whole body of the answer; ApiError for a refusal."""
        status, parts = 0, []

        async def send(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            parts.append(message.get("body", b""))

        await app({**self._scope}, self._received(), send)
        body = b"".join(parts)
        if status >= 400:
            raise _refusal(status, body)
        return body

    async def events(self, app: App) -> AsyncIterator[tuple[str, Object]]:
        """The events of a watch as (type, object); ApiError for a refusal, be it at its start or in it."""
        messages: asyncio.Queue[Message] = asyncio.Queue()
        serving = asyncio.ensure_future(app({**self._scope}, self._received(), messages.put))
        try:
            status = (await messages.get())["status"]
            while True:
                message = await messages.get()
                line = message.get("body", b"")
                if status >= 400:
                    raise _refusal(status, line)
                if line:
                    yield _event(line)
                if not message.get("more_body"):
                    return
        finally:
            serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await serving

    def _received(self) -> Callable[[], Awaitable[Message]]:
        sent = False

        async def receive() -> Message:
            nonlocal sent
            if sent:
                await asyncio.Event().wait()
            sent = True
            return {"type": "http.request", "body": self._sent, "more_body": False}

        return receive


def _event(line: bytes) -> tuple[str, Object]:
    event = json_module.loads(line)
    if event["type"] == "ERROR":
        raise from_status(int(event["object"]["code"]), event["object"])
    return event["type"], event["object"]


def _refusal(code: int, body: bytes) -> ApiError:
    try:
        status = json_module.loads(body)
    except ValueError:
        status = {"message": body.decode(errors="replace")}
    return from_status(code, status)
