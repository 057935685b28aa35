"""Gives every request an id, which its answer and the log name, and turns a failure that nothing foresaw into a 500
that leaves the connection as it says."""

from __future__ import annotations

import logging
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from drakkar.apiserver import errors
from drakkar.apiserver.connections.connection import CONNECTION
from drakkar.apiserver.http import answers
from drakkar.apiserver.http.identity import HEADER, IDENTITY, given

_LOGGER = logging.getLogger(__name__)
# Letters of an id in the log.
_LONGEST = 64


class RequestIds:
    """A middleware around the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; nothing but a cancellation leaves this."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        identity, started = given(scope), False
        scope[IDENTITY] = identity
        connection = scope.get(CONNECTION)

        async def sent(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"].append((HEADER, identity))
                if connection is not None and not connection.drains:
                    message["headers"].append((b"connection", b"close"))
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except ClientDisconnect:
            # Nobody is there any more whom an answer could reach.
            return
        except Exception as failure:
            shown = identity[:_LONGEST].decode()
            request = f"{scope['method']} {_shown(scope['path'])} ({shown})"
            _LOGGER.error("%s failed", request, exc_info=failure)
            if started:
                # The answer cannot be taken back; a connection cut off in its middle is how HTTP says so.
                raise
            await answers.failure(_broken(failure, shown))(scope, receive, sent)


def _shown(path: Any) -> str:
    text = str(path)[:200]
    return text if text.isprintable() else repr(text)


def _broken(failure: Exception, identity: str) -> errors.StatusError:
    message = f"{type(failure).__name__}; the server's log has it as request {identity}"
    found = errors.internal(message)
    found.status["details"] = {"uid": identity, "causes": [{"message": type(failure).__name__}]}
    return found
