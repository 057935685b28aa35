"""Asks a webhook: one POST of JSON over TLS, with a time limit and a bound on what comes back."""

from __future__ import annotations

import asyncio
import functools
import os
import ssl
from typing import Any, Final, NamedTuple

import aiohttp
from yarl import URL

from drakkar.apiserver import beside
from drakkar.apiserver.storage.store import Store
from drakkar.apiserver.webhooks.client_config import ClientConfig
from drakkar.apiserver.webhooks.endpoint import endpoint
from drakkar.apiserver.webhooks.errors import CallError

# A patch of the largest object, in base64.
LARGEST_ANSWER: Final = 4 * 1024 * 1024
_LONGEST_REASON: Final = 1024
_SAID: Final = {
    400: "the server rejected our request for an unknown reason",
    401: "the server has asked for the client to provide credentials",
    403: "{body}",
    404: "the server could not find the requested resource",
    405: "the server does not allow this method on the requested resource",
    409: "the server reported a conflict",
    413: "Request entity too large: limit is 3145728",
    429: "the server has received too many requests and has asked us to try again later",
}


class _Way(NamedTuple):
    """Where to connect to, what is said to be asked for, and the name that the certificate must have, if not the host's."""

    connect: str
    shown: str
    name: str | None


async def ask(
    store: Store,
    config: ClientConfig,
    body: bytes,
    seconds: int,
    most: int = LARGEST_ANSWER,
    left: float | None = None,
) -> bytes:
    """What the webhook answers, `most` bytes of it; CallError. It is told that it has so many `seconds`, and has no more than
    are `left`."""
    way = _way(store, config, seconds)
    try:
        async with asyncio.timeout(seconds if left is None else left):
            trust = await beside.call(len(config.authorities), _trust, config.authorities)
            return await _post(way, trust, body, most)
    except CallError:
        raise
    except TimeoutError:
        why = "context deadline exceeded"
    except aiohttp.ClientConnectorCertificateError as failure:
        why = f"tls: failed to verify certificate: x509: {failure.certificate_error}"
    except aiohttp.ClientConnectorError as failure:
        why = f"dial tcp {failure.host}:{failure.port}: connect: {_lower(failure.os_error)}"
    except (aiohttp.ClientError, OSError, ValueError) as failure:
        why = str(failure) or type(failure).__name__
    raise CallError(f'Post "{way.shown}": {why}')


def _way(store: Store, config: ClientConfig, seconds: int) -> _Way:
    service = config.service
    if service is None:
        # A URL without a host never got past the rules.
        shown = f"{config.url}?timeout={seconds}s"
        return _Way(shown, shown, None)
    path = service.path if service.path.startswith("/") else f"/{service.path}"
    shown = f"https://{service.host}:{service.port}{path}?timeout={seconds}s"
    try:
        host, port = endpoint(store, service)
    except CallError as failure:
        raise CallError(f'Post "{shown}": {failure}') from None
    host = f"[{host}]" if ":" in host else host
    return _Way(f"https://{host}:{port}{path}?timeout={seconds}s", shown, service.host)


@functools.lru_cache(200)
def _trust(authorities: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=authorities or None)
    # Certificates that Go takes are made in many ways.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


async def _post(way: _Way, trust: ssl.SSLContext, body: bytes, most: int) -> bytes:
    headers = {"Content-Type": "application/json", "Accept": "application/json, */*"}
    if way.name is not None:
        headers["Host"] = URL(way.shown).authority
    # Each webhook is spoken to anew: what a connection is trusted for is the trust of one configuration.
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=True) as session:
        options: dict[str, Any] = {"ssl": trust, "allow_redirects": False, "headers": headers}
        if way.name is not None:
            options["server_hostname"] = way.name
        async with session.post(URL(way.connect, encoded=True), data=body, **options) as answer:
            found = await _read(answer.content, most)
            if not 200 <= answer.status < 300:
                # What says of itself that it is no text is not told.
                is_text = answer.headers.get("Content-Type", "text/").startswith("text/")
                raise CallError(_refused(answer.status, found if is_text else b""))
            return found


async def _read(content: aiohttp.StreamReader, most: int) -> bytes:
    found = bytearray()
    while chunk := await content.read(64 * 1024):
        found += chunk
        if len(found) > most:
            raise CallError(f"the answer is larger than {most} bytes")
    return bytes(found)


def _refused(status: int, body: bytes) -> str:
    text = body[:_LONGEST_REASON].decode(errors="replace").strip()
    if status == 503:
        return "the server is currently unable to handle the request"
    if status >= 500:
        return f'an error on the server ("{text or "unknown"}") has prevented the request from succeeding'
    said = _SAID.get(status)
    if said is None:
        return f"the server responded with the status code {status} but did not return more information"
    return said.format(body=text or "unknown")


def _lower(failure: OSError) -> str:
    return (os.strerror(failure.errno) if failure.errno else str(failure)).lower()
