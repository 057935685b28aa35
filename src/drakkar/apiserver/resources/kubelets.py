"""Where a node's kubelet listens, and the credentials to speak to it with."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from pathlib import Path
from typing import Any

import aiohttp

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.validation.addresses import is_host
from drakkar.validation.field_error import shown as quoted

# How long a kubelet may pause in the middle of a log that is not followed.
SILENCE = 30.0

_PORT = 10250
_CONNECT_LIMIT = 10.0
_HEAD_LIMIT = 30.0
_MAX_HEAD = 64 * 1024
_MAX_ERROR_BODY = 64 * 1024


class Kubelets:
    """Connections to kubelets. Without an authority their certificates are not checked, as with the original.

    `context` is how they are spoken to, `shown` is the SHA-256 digest of the certificate that kubelets are shown; the empty text
    where there is none.
    """

    def __init__(
        self, certificate: Path | None = None, key: Path | None = None, authority: Path | None = None
    ) -> None:
        self.context = ssl.create_default_context(cafile=str(authority) if authority else None)
        if authority is None:
            self.context.check_hostname = False
            self.context.verify_mode = ssl.CERT_NONE
        self.shown = ""
        if certificate is not None and key is not None:
            self.context.load_cert_chain(certificate, key)
            self.shown = _digest(certificate)

    @staticmethod
    def address(node: Object) -> tuple[str, int]:
        """Host and port; raises StatusError 500 when the node publishes none that can be connected to.

        The node's owner writes both, and what is sent there is sent with the server's own credentials.
        """
        status = node.get("status") or {}
        addresses: list[Object] = status.get("addresses") or []
        host = next((one.get("address") for one in addresses if one.get("type") == "InternalIP"), None)
        if not host:
            known = " ".join(f"{{{one.get('type')} {one.get('address')}}}" for one in addresses)
            raise errors.StatusError(500, "", f"no preferred addresses found; known addresses: [{known}]")
        endpoint = (status.get("daemonEndpoints") or {}).get("kubeletEndpoint") or {}
        port = int(endpoint.get("Port") or _PORT)
        if not is_host(str(host)):
            raise errors.internal(f"the node's address {quoted(host)} is neither an IP address nor a name")
        if not 0 < port < 65536:
            raise errors.internal(f"the node's kubelet cannot listen on port {port}")
        return str(host), port

    async def get(
        self, node: Object, path: str, silence: float | None
    ) -> tuple[aiohttp.ClientSession, aiohttp.ClientResponse]:
        """A streamed GET that was answered 200; the caller closes the session.

        Raises StatusError: whatever else the kubelet says is told and not followed, for it would be followed with
        the server's own credentials. `silence` is how long the kubelet may say nothing once it has begun.
        """
        host, port = self.address(node)
        limit = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_LIMIT, sock_read=silence)
        session = aiohttp.ClientSession(timeout=limit, auto_decompress=False)
        try:
            url = f"https://{_bracketed(host)}:{port}{path}"
            async with asyncio.timeout(_HEAD_LIMIT):
                answer = await session.get(_encoded(url), ssl=self.context, allow_redirects=False)
                if answer.status != 200:
                    raise _refused(answer.status, await _up_to(answer.content, _MAX_ERROR_BODY))
            return session, answer
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as failure:
            await session.close()
            raise errors.internal(
                f"error dialing the kubelet of the node: {str(failure) or 'no answer in time'}"
            ) from None
        except BaseException:
            await session.close()
            raise

    async def upgrade(
        self, node: Object, method: str, path: str, headers: list[tuple[str, str]]
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]:
        """A connection that the kubelet has switched to another protocol, and the head of its answer.

        Raises StatusError with the kubelet's own message when it does not switch.
        """
        host, port = self.address(node)
        try:
            async with asyncio.timeout(_CONNECT_LIMIT):
                reader, writer = await asyncio.open_connection(host, port, ssl=self.context, limit=_MAX_HEAD)
        except (OSError, TimeoutError, ValueError) as failure:
            raise errors.internal(f"error dialing the kubelet of the node: {failure}") from None
        try:
            lines = [f"{method} {path} HTTP/1.1", f"Host: {_bracketed(host)}:{port}"]
            lines += [f"{name}: {value}" for name, value in headers]
            writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
            async with asyncio.timeout(_HEAD_LIMIT):
                await writer.drain()
                head = await reader.readuntil(b"\r\n\r\n")
                status = int(head.split(b" ", 2)[1])
                if status != 101:
                    raise _refused(status, await _body(reader, head))
        except (
            OSError,
            TimeoutError,
            ValueError,
            IndexError,
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
        ) as failure:
            writer.close()
            raise errors.internal(f"the kubelet does not answer: {failure!r}") from None
        except BaseException:
            writer.close()
            raise
        return reader, writer, head


def _digest(certificate: Path) -> str:
    """The digest of the first certificate in a file, which is the one that is shown; the others lead to an authority."""
    head, foot = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    text = certificate.read_text(encoding="utf-8", errors="replace")
    first = head + text.partition(head)[2].partition(foot)[0] + foot
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()


def _encoded(url: str) -> Any:
    from yarl import URL

    return URL(url, encoded=True)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return await reader.readexactly(min(max(int(value), 0), _MAX_ERROR_BODY))
    return await reader.read(_MAX_ERROR_BODY)


async def _up_to(content: aiohttp.StreamReader, most: int) -> bytes:
    """The beginning of a body, of which the kubelet may send as much as it likes."""
    found = bytearray()
    while len(found) < most and (chunk := await content.read(most - len(found))):
        found += chunk
    return bytes(found)


def _refused(status: int, body: bytes) -> errors.StatusError:
    if 300 <= status < 400:
        return errors.internal("the kubelet answered with a redirect, and redirects are not followed")
    message = body.decode(errors="replace").strip() or f"the kubelet answered {status}"
    reason = {400: "BadRequest", 403: "Forbidden", 404: "NotFound"}.get(status, "InternalError")
    return errors.StatusError(status if status >= 400 else 500, reason, message)
