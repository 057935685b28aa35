"""Turns what the HTTP library raises into the client's own errors."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import aiohttp

from drakkar.client.errors import UnansweredError, UnreachableError

# Raised before the first byte of a request is sent: no connection, or nobody we trust at its other end.
_NOT_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientConnectorCertificateError,
    aiohttp.ConnectionTimeoutError,
)


class Exchange:
    """One request: what it is called in errors, and whether any of it has been sent yet."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sent = False


async def _headers_sent(
    _: aiohttp.ClientSession, context: Any, __: aiohttp.TraceRequestHeadersSentParams
) -> None:
    exchange = context.trace_request_ctx
    if isinstance(exchange, Exchange):
        exchange.sent = True


def tracing() -> aiohttp.TraceConfig:
    """For a session whose requests carry an Exchange as `trace_request_ctx`.

    The library sends some requests a second time on a new connection when an old one breaks; only so is it known that
    the first time had come so far.
    """
    config = aiohttp.TraceConfig()
    config.on_request_headers_sent.append(_headers_sent)
    return config


@contextlib.contextmanager
def own_errors(exchange: Exchange) -> Iterator[None]:
    """Around one exchange: UnreachableError or UnansweredError for whatever goes wrong in transport.

    A cancellation passes through; so does what the caller's own code raises inside. A body that is no JSON, or a line
    that is too long, is no answer either.
    """
    try:
        yield
    except TimeoutError as error:
        if isinstance(error, _NOT_SENT) and not exchange.sent:
            raise UnreachableError(f"{exchange.name}: {str(error) or repr(error)}") from error
        raise UnansweredError(f"{exchange.name}: no answer in time") from error
    except (aiohttp.ClientError, OSError, ValueError, RecursionError) as error:
        lost = exchange.sent or not isinstance(error, _NOT_SENT)
        raise (UnansweredError if lost else UnreachableError)(
            f"{exchange.name}: {str(error) or repr(error)}"
        ) from error
