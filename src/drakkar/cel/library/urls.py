"""URLs as Kubernetes' CEL library has them, taken apart by the rules of Go's net/url."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Final

from drakkar.cel.library.go_text import from_bytes, quote, to_bytes
from drakkar.cel.library.netip import parse_addr
from drakkar.cel.outcome import Fault
from drakkar.cel.values import sized

# A URL is worked on as bytes that are held as characters of the same number, and shown as text at the end.
_ALNUM: Final = "0-9A-Za-z"
_ESCAPED: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}", re.DOTALL)
# Only bytes over 0x7F may be escaped in a host, and the percent sign itself.
_BAD_HOST_ESCAPE: Final = re.compile(r"%[0-7][0-9A-Fa-f](?<!%25)")
_BAD_HOST_CHAR: Final = re.compile(r"[^!\"$%&'()*+,\-.:;<=>\[\]_~0-9A-Za-z\x80-\xff]")
_USER: Final = re.compile(rf"[{_ALNUM}\-._:~!$&'()*+,;=%@]*")
_PORT: Final = re.compile(r"(?::[0-9]*)?")
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+\-.]*)?:")
_VALID_PATH: Final = re.compile(rf"[{_ALNUM}!$&'()*+,;=:@\[\]%\-._~/]*")
_VALID_FRAGMENT: Final = re.compile(rf"[{_ALNUM}!$&'()*+,;=:@\[\]%\-._~/?]*")


def _escapes(safe: str) -> Mapping[int, str]:
    """What each byte that is not safe is written as; letters and digits always are."""
    kept = re.compile(rf"[{_ALNUM}\-._~{safe}]")
    return {code: f"%{code:02X}" for code in range(256) if not kept.match(chr(code))}


_PATH_ESCAPES: Final = _escapes("$&+,/:;=@")
_FRAGMENT_ESCAPES: Final = _escapes("$&+,/:;=@!()*?")
_USER_ESCAPES: Final = _escapes("$&+,;=")
_HOST_ESCAPES: Final = _escapes(r"$&+,;=!\"'()*:<>\[\]")
_MAX_PARAMETERS: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Parts:
    scheme: str = ""
    opaque: str = ""
    user: str | None = None
    host: str = ""
    path: str = ""
    raw_path: str = ""
    query: str = ""
    force_query: bool = False
    omit_host: bool = False
    fragment: str = ""
    raw_fragment: str = ""


class URL:
    """A URL; two are equal if they are written alike."""

    __slots__ = ("parts",)
    cel_type: ClassVar[str] = "kubernetes.URL"

    def __init__(self, parts: _Parts) -> None:
        self.parts = parts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, URL) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __str__(self) -> str:
        return from_bytes(_written(self.parts))


def _quoted(data: str) -> str:
    return quote(from_bytes(data))


def _unescape(data: str) -> str:
    """Percent-escapes resolved; Fault for a percent sign that begins none."""
    if "%" not in data:
        return data
    if bad := _BAD_ESCAPE.search(data):
        raise Fault(f"invalid URL escape {_quoted(bad[0])}")
    return _ESCAPED.sub(lambda match: chr(int(match[0][1:], 16)), data)


def _unescape_host(data: str) -> str:
    # The first thing that is wrong is the one to tell.
    wrong = [
        (bad.start(), f"invalid URL escape {_quoted(bad[0])}")
        for pattern in (_BAD_ESCAPE, _BAD_HOST_ESCAPE)
        if (bad := pattern.search(data))
    ]
    if bad := _BAD_HOST_CHAR.search(data):
        wrong.append((bad.start(), f"invalid character {_quoted(bad[0])} in host name"))
    if wrong:
        raise Fault(min(wrong)[1])
    return _unescape(data)


def _unescape_zone(data: str) -> str:
    """A zone may have anything escaped that a host may have as it is, and spaces."""
    at = 0
    while at < len(data):
        if data[at] != "%":
            if _BAD_HOST_CHAR.match(data, at):
                raise Fault(f"invalid character {_quoted(data[at])} in host name")
            at += 1
            continue
        if bad := _BAD_ESCAPE.match(data, at):
            raise Fault(f"invalid URL escape {_quoted(bad[0])}")
        char = chr(int(data[at + 1 : at + 3], 16))
        if char not in "% " and ord(char) in _HOST_ESCAPES:
            raise Fault(f"invalid URL escape {_quoted(data[at : at + 3])}")
        at += 3
    return _unescape(data)


def _parse_host(scheme: str, host: str) -> str:
    opening = host.rfind("[")
    if opening > 0:
        raise Fault("invalid IP-literal")
    if opening == 0:
        closing = host.rfind("]")
        if closing < 0:
            raise Fault("missing ']' in host")
        port = host[closing + 1 :]
        _check_port(port)
        address, percent, zone = host[1:closing].partition("%25")
        name = _unescape_host(address) + _unescape_zone(percent + zone)
        try:
            family = parse_addr(name).family
        except Fault as fault:
            raise Fault(f"invalid host: {fault}") from None
        if family == 4:
            raise Fault("invalid IP-literal")
        return f"[{name}]{port}"
    colon = host.find(":")
    if colon >= 0:
        if scheme not in ("http", "https"):
            colon = host.rfind(":")
        _check_port(host[colon:])
    return _unescape_host(host)


def _check_port(port: str) -> None:
    if not _PORT.fullmatch(port):
        raise Fault(f"invalid port {_quoted(port)} after host")


def _parse_user(user: str) -> str:
    """User and password, as they will be written."""
    if not _USER.fullmatch(user):
        raise Fault("net/url: invalid userinfo")
    name, colon, password = user.partition(":")
    return _unescape(name).translate(_USER_ESCAPES) + colon + _unescape(password).translate(_USER_ESCAPES)


def _parse(data: str, request: bool) -> _Parts:
    """Go's url.Parse without the fragment, or url.ParseRequestURI."""
    if any(char < " " or char == "\x7f" for char in data):
        raise Fault("net/url: invalid control character in URL")
    if not data and request:
        raise Fault("empty url")
    if data == "*":
        return _Parts(path="*")
    scheme, rest = "", data
    if match := _SCHEME.match(data):
        if not match[1]:
            raise Fault("missing protocol scheme")
        scheme, rest = match[1].lower(), data[match.end() :]
    query = ""
    force_query = rest.endswith("?") and rest.count("?") == 1
    if force_query:
        rest = rest[:-1]
    else:
        rest, _, query = rest.partition("?")
    parts = partial(_Parts, scheme=scheme, query=query, force_query=force_query)
    if not rest.startswith("/"):
        if scheme:
            return parts(opaque=rest)
        if request:
            raise Fault("invalid URI for request")
        if ":" in rest.partition("/")[0]:
            raise Fault("first path segment in URL cannot contain colon")
    user, host, omit_host = None, "", False
    if rest.startswith("//") and (scheme or (not request and not rest.startswith("///"))):
        authority, slash, path = rest[2:].partition("/")
        rest = slash + path
        account, at, name = authority.rpartition("@")
        host = _parse_host(scheme, name)
        if at:
            user = _parse_user(account)
    elif scheme:
        omit_host = True
    path = _unescape(rest)
    raw_path = "" if rest == path.translate(_PATH_ESCAPES) else rest
    return parts(user=user, host=host, omit_host=omit_host, path=path, raw_path=raw_path)


def _with_fragment(data: str) -> _Parts:
    rest, _, raw = data.partition("#")
    parts = _parse(rest, request=False)
    if not raw:
        return parts
    fragment = _unescape(raw)
    if raw == fragment.translate(_FRAGMENT_ESCAPES):
        raw = ""
    return _Parts(
        parts.scheme,
        parts.opaque,
        parts.user,
        parts.host,
        parts.path,
        parts.raw_path,
        parts.query,
        parts.force_query,
        parts.omit_host,
        fragment,
        raw,
    )


def _escaped_path(parts: _Parts) -> str:
    if parts.raw_path and _VALID_PATH.fullmatch(parts.raw_path):
        return parts.raw_path
    return parts.path if parts.path == "*" else parts.path.translate(_PATH_ESCAPES)


def _written(parts: _Parts) -> str:
    """The URL as Go's URL.String() writes it."""
    text = f"{parts.scheme}:" if parts.scheme else ""
    if parts.opaque:
        text += parts.opaque
    else:
        if parts.user is not None or parts.host or (parts.scheme and parts.path and not parts.omit_host):
            text += "//"
        if parts.user is not None:
            text += f"{parts.user}@"
        text += parts.host.translate(_HOST_ESCAPES)
        path = _escaped_path(parts)
        if path and not path.startswith("/") and parts.host:
            text += "/"
        if not text and ":" in path.partition("/")[0]:
            text = "./"
        text += path
    if parts.force_query or parts.query:
        text += f"?{parts.query}"
    if parts.fragment:
        raw = parts.raw_fragment
        valid = raw and _VALID_FRAGMENT.fullmatch(raw)
        text += "#" + (raw if valid else parts.fragment.translate(_FRAGMENT_ESCAPES))
    return text


def check_request_uri(text: str) -> None:
    """Fault with Go's reason where url.ParseRequestURI refuses the text."""
    try:
        _parse(to_bytes(text), request=True)
    except Fault as fault:
        raise Fault(f"parse {quote(text)}: {fault}") from None


def url(text: str) -> URL:
    """`url`: Fault for what is not absolute: it has to begin with a scheme or a slash."""
    try:
        check_request_uri(text)
        return URL(_with_fragment(to_bytes(text)))
    except Fault as fault:
        raise Fault(f"URL parse error during conversion from string: {fault}") from None


def is_url(text: str) -> bool:
    """`isURL`: whether it is absolute; `url` may refuse it still, for the fragment."""
    try:
        _parse(to_bytes(text), request=True)
    except Fault:
        return False
    return True


def get_host(value: URL) -> str:
    """`getHost`: with the port."""
    return from_bytes(value.parts.host)


def _split_host(host: str) -> tuple[str, str]:
    colon = host.rfind(":")
    port = ""
    if colon >= 0 and _PORT.fullmatch(host, colon):
        host, port = host[:colon], host[colon + 1 :]
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    return host, port


def get_query(value: URL) -> dict[str, tuple[str, ...]]:
    """`getQuery`: the values of each name, in order; what is no proper parameter is left out."""
    query = value.parts.query
    values: dict[str, list[str]] = {}
    if query.count("&") >= _MAX_PARAMETERS:
        return {}
    for parameter in query.split("&"):
        if not parameter or ";" in parameter:
            continue
        name, _, content = parameter.replace("+", " ").partition("=")
        try:
            values.setdefault(from_bytes(_unescape(name)), []).append(from_bytes(_unescape(content)))
        except Fault:
            continue
    return {name: tuple(found) for name, found in values.items() if found}


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "string_to_url": url,
    "is_url_string": is_url,
    "url_get_scheme": lambda value: value.parts.scheme,
    "url_get_host": get_host,
    "url_get_hostname": lambda value: from_bytes(_split_host(value.parts.host)[0]),
    "url_get_port": lambda value: _split_host(value.parts.host)[1],
    "url_get_escaped_path": lambda value: sized(from_bytes(_escaped_path(value.parts))),
    "url_get_query": get_query,
}
