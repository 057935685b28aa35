"""Turns what the HTTP library raises into the client's own errors."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import aiohttp

from drakkar.client.errors import Unanswered, Unreachable

# Raised before the first byte of a request is sent: no connection, or nobody we trust at its other end.
_NOT_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientConnectorCertificateError,
    aiohttp.ConnectionTimeoutError,
)


@contextlib.contextmanager
def own_errors(what: str) -> Iterator[None]:
    """Around one exchange, which `what` names: Unreachable or Unanswered for whatever goes wrong in transport.

    A cancellation passes through; so does what the caller's own code raises inside. A body that is no JSON, or a line
    that is too long, is no answer either.
    """
    try:
        yield
    except _NOT_SENT as error:
        raise Unreachable(f"{what}: {error or repr(error)}") from error
    except TimeoutError as error:
        raise Unanswered(f"{what}: no answer in time") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise Unanswered(f"{what}: {error or repr(error)}") from error
