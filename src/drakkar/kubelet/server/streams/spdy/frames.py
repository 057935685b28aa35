"""SPDY/3.1 frames, as kubectl's port-forward and older clients' exec use them; bytes in, frames out, nothing else."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_SYN_STREAM, _SYN_REPLY, _RST_STREAM, _SETTINGS, _PING, _GOAWAY, _HEADERS, _WINDOW_UPDATE = (
    1,
    2,
    3,
    4,
    6,
    7,
    8,
    9,
)
_VERSION = 3
_FIN, _UNIDIRECTIONAL = 1, 2
_STREAM_MASK = 0x7FFFFFFF
# The largest frame we take; clients send 32 KiB at a time.
MAX_FRAME = 1 << 20
_MAX_HEADER_BYTES = 1 << 16
_MAX_HEADERS = 100

_COUNTED_WORDS = (
    "options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow "
    "authorization cache-control connection content-base content-encoding content-language content-length "
    "content-location content-md5 content-range content-type date etag expect expires from host if-match "
    "if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma "
    "proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade "
    "user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie "
    "keep-alive origin"
)
_PLAIN_TEXT = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden"
    "404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable"
    "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT"
    "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,"
    "publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)


def _dictionary() -> bytes:
    """The text that the standard has both sides preset their compression with."""
    words = [word.replace("_", " ").encode() for word in _COUNTED_WORDS.split()]
    return b"".join(struct.pack(">I", len(word)) + word for word in words) + _PLAIN_TEXT.encode()


DICTIONARY = _dictionary()


class SpdyError(Exception):
    """Bytes that are no SPDY/3.1; the connection cannot go on."""


@dataclass(frozen=True, slots=True)
class SynStream:
    """A peer opens a stream."""

    stream_id: int
    headers: Mapping[str, str]
    fin: bool = False


@dataclass(frozen=True, slots=True)
class SynReply:
    """A peer accepts a stream."""

    stream_id: int
    headers: Mapping[str, str]
    fin: bool = False


@dataclass(frozen=True, slots=True)
class Headers:
    """More headers of a stream."""

    stream_id: int
    headers: Mapping[str, str]
    fin: bool = False


@dataclass(frozen=True, slots=True)
class Data:
    """Bytes of a stream; `fin` says that the sender has no more."""

    stream_id: int
    data: bytes
    fin: bool = False


@dataclass(frozen=True, slots=True)
class RstStream:
    """A stream ends at once."""

    stream_id: int
    status: int


@dataclass(frozen=True, slots=True)
class Ping:
    """To be sent back as it is."""

    number: int


@dataclass(frozen=True, slots=True)
class GoAway:
    """The peer takes no new streams."""

    last_stream_id: int
    status: int


Frame = SynStream | SynReply | Headers | Data | RstStream | Ping | GoAway


@dataclass(slots=True)
class Framer:
    """Both directions of one connection: header compression has a memory, so frames must be used in their order."""

    _buffer: bytearray = field(default_factory=bytearray)
    # zlib's own types have no public names.
    _inflate: Any = field(default_factory=lambda: zlib.decompressobj(zdict=DICTIONARY))
    _deflate: Any = field(default_factory=lambda: zlib.compressobj(zdict=DICTIONARY))

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that are whole by now. SETTINGS, WINDOW_UPDATE and unknown control frames ask nothing of us:
        the peers we speak with keep no windows.
        """
        self._buffer += data
        frames: list[Frame] = []
        while len(self._buffer) >= 8:
            first, second = struct.unpack_from(">II", self._buffer)
            length = second & 0xFFFFFF
            if length > MAX_FRAME:
                raise SpdyError(f"frame of {length} bytes")
            if len(self._buffer) < 8 + length:
                break
            body = bytes(self._buffer[8 : 8 + length])
            del self._buffer[: 8 + length]
            flags = second >> 24
            if first >> 31:
                if (first >> 16) & 0x7FFF != _VERSION:
                    raise SpdyError(f"version {(first >> 16) & 0x7FFF}")
                frame = self._control(first & 0xFFFF, flags, body)
                if frame is not None:
                    frames.append(frame)
            else:
                frames.append(Data(first, body, bool(flags & _FIN)))
        return frames

    def _control(self, kind: int, flags: int, body: bytes) -> Frame | None:
        fin = bool(flags & _FIN)
        try:
            if kind == _SYN_STREAM:
                (stream_id,) = struct.unpack_from(">I", body)
                return SynStream(stream_id & _STREAM_MASK, self._headers(body, 10), fin)
            if kind == _SYN_REPLY:
                (stream_id,) = struct.unpack_from(">I", body)
                return SynReply(stream_id & _STREAM_MASK, self._headers(body, 4), fin)
            if kind == _HEADERS:
                (stream_id,) = struct.unpack_from(">I", body)
                return Headers(stream_id & _STREAM_MASK, self._headers(body, 4), fin)
            if kind == _RST_STREAM:
                stream_id, status = struct.unpack(">II", body)
                return RstStream(stream_id & _STREAM_MASK, status)
            if kind == _PING:
                return Ping(struct.unpack(">I", body)[0])
            if kind == _GOAWAY:
                last, status = struct.unpack(">II", body)
                return GoAway(last & _STREAM_MASK, status)
        except struct.error as error:
            raise SpdyError(f"control frame {kind}: {error}") from None
        return None

    def _headers(self, body: bytes, start: int) -> dict[str, str]:
        if len(body) < start:
            raise SpdyError("frame too short for its header block")
        inflate = self._inflate
        try:
            block: bytes = inflate.decompress(body[start:], _MAX_HEADER_BYTES)
        except zlib.error as error:
            raise SpdyError(f"header block: {error}") from None
        if inflate.unconsumed_tail:
            raise SpdyError("header block too long")
        return _parse_block(block)

    def _block(self, headers: Mapping[str, str]) -> bytes:
        parts = [struct.pack(">I", len(headers))]
        for name, value in headers.items():
            for text in (name.lower().encode(), value.encode()):
                parts += [struct.pack(">I", len(text)), text]
        deflate = self._deflate
        packed: bytes = deflate.compress(b"".join(parts)) + deflate.flush(zlib.Z_SYNC_FLUSH)
        return packed

    def encode(self, frame: Frame) -> bytes:
        """A frame's bytes."""
        match frame:
            case Data(stream_id, data, fin):
                return struct.pack(">II", stream_id, (_FIN if fin else 0) << 24 | len(data)) + data
            case SynStream(stream_id, headers, fin):
                return _wrap(_SYN_STREAM, struct.pack(">IIH", stream_id, 0, 0) + self._block(headers), fin)
            case SynReply(stream_id, headers, fin):
                return _wrap(_SYN_REPLY, struct.pack(">I", stream_id) + self._block(headers), fin)
            case Headers(stream_id, headers, fin):
                return _wrap(_HEADERS, struct.pack(">I", stream_id) + self._block(headers), fin)
            case RstStream(stream_id, status):
                return _wrap(_RST_STREAM, struct.pack(">II", stream_id, status))
            case Ping(number):
                return _wrap(_PING, struct.pack(">I", number))
            case GoAway(last, status):
                return _wrap(_GOAWAY, struct.pack(">II", last, status))


def _wrap(kind: int, body: bytes, fin: bool = False) -> bytes:
    head = struct.pack(">HHI", 0x8000 | _VERSION, kind, (_FIN if fin else 0) << 24 | len(body))
    return head + body


def _parse_block(block: bytes) -> dict[str, str]:
    """Names and values; several values of one name stand behind each other with a zero byte between."""
    position = 0

    def number() -> int:
        nonlocal position
        (value,) = struct.unpack_from(">I", block, position)
        position += 4
        return int(value)

    def text() -> str:
        nonlocal position
        length = number()
        if length > len(block) - position:
            raise SpdyError("header block ends early")
        value = block[position : position + length].decode(errors="replace")
        position += length
        return value

    try:
        count = number()
        if count > _MAX_HEADERS:
            raise SpdyError(f"{count} headers")
        return {text(): text().replace("\0", ", ") for _ in range(count)}
    except struct.error:
        raise SpdyError("header block ends early") from None
