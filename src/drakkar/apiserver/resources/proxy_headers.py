"""What of the headers of a request and of its answer is passed on: nothing of one connection alone, and no credentials."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from urllib.parse import quote, urlsplit, urlunsplit

Header = tuple[bytes, bytes]
Headers = list[Header]

# Of one connection; RFC 9110 7.6.1, and what Go's proxy takes for such.
_HOP = frozenset(
    {
        b"connection",
        b"proxy-connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
# By these a client has shown to this server who he is.
_CREDENTIALS = frozenset({b"authorization", b"impersonate-user", b"impersonate-group", b"impersonate-uid"})
_CREDENTIAL_STARTS = (b"impersonate-extra-", b"x-remote-")
_PROTOCOLS = b"sec-websocket-protocol"
_TOKEN = b"base64url.bearer.authorization.k8s.io."
# Of these this server says what is true.
_SAID = frozenset({b"x-forwarded-for", b"x-forwarded-uri"})
# These say who may read answers of the peer's own address, which this is not; the date is this server's, and so is the name by
# which the audit log has the request.
_NOT_ANSWERED = frozenset(
    {
        b"access-control-allow-credentials",
        b"access-control-allow-headers",
        b"access-control-allow-methods",
        b"access-control-allow-origin",
        b"audit-id",
        b"date",
    }
)
# As Go writes a path.
_PLAIN = "/$&+,:;=@-_.~"


def is_upgrade(headers: Iterable[Header]) -> bool:
    """Whether a client wants another protocol on its connection."""
    return any(b"upgrade" in _tokens(value) for name, value in headers if name == b"connection")


def _tokens(value: bytes) -> list[bytes]:
    return [token.strip().lower() for token in value.split(b",")]


def asked(headers: Headers, client: str, upgrade: bool = False) -> Headers:
    """What the peer is asked with; one that is to switch protocols is told to which."""
    named = {token for name, value in headers if name == b"connection" for token in _tokens(value)}
    dropped = {*named, *_HOP, *_CREDENTIALS, *_SAID, b"expect"}
    kept: Headers = []
    for name, value in headers:
        if name == _PROTOCOLS:
            value = b",".join(one for one in value.split(b",") if not one.strip().startswith(_TOKEN)).strip()
            if not value:
                continue
        if (name not in dropped or (upgrade and name == b"upgrade")) and not name.startswith(
            _CREDENTIAL_STARTS
        ):
            kept.append((name, value))
    if upgrade:
        kept.append((b"connection", b"Upgrade"))
    if any(b"trailers" in _tokens(value) for name, value in headers if name == b"te"):
        kept.append((b"te", b"trailers"))
    passed = [value for name, value in headers if name == b"x-forwarded-for"]
    return [*kept, (b"x-forwarded-for", b", ".join([*passed, client.encode()]))]


def answered(headers: Iterable[Header]) -> Headers:
    """What of the peer's answer the client is told."""
    lowered = [(name.lower(), value) for name, value in headers]
    named = {token for name, value in lowered if name == b"connection" for token in _tokens(value)}
    dropped = {*named, *_HOP, *_NOT_ANSWERED}
    return [
        (name, value)
        for name, value in lowered
        if name not in dropped and not any(byte in b"\r\n\0" for byte in name + value)
    ]


def escaped(path: str) -> str:
    """A path as it is asked for."""
    return quote(path, safe=_PLAIN)


def joined(path: str) -> str:
    """The path below the proxy, without empty and upward parts; empty where there is none."""
    if not path:
        return ""
    made = posixpath.normpath("/" + path.lstrip("/"))
    return made + "/" if path.endswith("/") and not made.endswith("/") else made


class Prefix:
    """The path of this server at which the peer's are. `whole` is that of the request, `below` what is asked of the peer."""

    def __init__(self, whole: str, below: str, host: str, peer: str) -> None:
        """`host` is the one that the client asked, `peer` the one that it is passed on to."""
        suffix = below
        if whole.endswith("/") and not suffix.endswith("/"):
            suffix += "/"
        self._prefix = whole.removesuffix(suffix)
        self._hosts = ("", host, peer)
        self._below = below

    @property
    def forwarded(self) -> str:
        """The path as the peer may tell its clients."""
        below = self._below or "/"
        made = posixpath.normpath(f"{self._prefix}/{escaped(below)}")
        return made + "/" if below.endswith("/") else made

    def through(self, location: str) -> str:
        """An address in the peer's answer, so that it leads through this server again where it is one of the peer's own."""
        try:
            found = urlsplit(location)
        except ValueError:
            return location
        if found.netloc not in self._hosts or not found.path.startswith("/"):
            return location
        path = found.path
        if not path.startswith(self._prefix):
            path = posixpath.normpath(f"{self._prefix}/{path}")
            path += "/" if found.path.endswith("/") and not path.endswith("/") else ""
        # Without a host, whoever is asked is: the client came to this server by a name that it knows better.
        return urlunsplit(("", "", path, found.query, found.fragment))
