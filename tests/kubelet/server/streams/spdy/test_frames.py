"""SPDY/3.1 framing: what goes out comes in again, however it is cut, and nonsense is refused."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drakkar.kubelet.server.streams.spdy.frames import (
    DICTIONARY,
    Data,
    Frame,
    Framer,
    GoAway,
    Headers,
    Ping,
    RstStream,
    SpdyError,
    SynReply,
    SynStream,
)

_ids = st.integers(1, 2**31 - 1)
_headers = st.dictionaries(st.text("abcdefghij-", min_size=1, max_size=12), st.text(max_size=30), max_size=6)
_headers = _headers.map(lambda found: {name: value.replace("\0", "") for name, value in found.items()})
_frames: st.SearchStrategy[Frame] = st.one_of(
    st.builds(SynStream, _ids, _headers, st.booleans()),
    st.builds(SynReply, _ids, _headers, st.booleans()),
    st.builds(Headers, _ids, _headers, st.booleans()),
    st.builds(Data, _ids, st.binary(max_size=100), st.booleans()),
    st.builds(RstStream, _ids, st.integers(0, 11)),
    st.builds(Ping, st.integers(0, 2**32 - 1)),
    st.builds(GoAway, _ids, st.integers(0, 2)),
)


def test_dictionary_is_the_standards() -> None:
    # Every stream compressed with it begins with this checksum.
    assert zlib.adler32(DICTIONARY) == 0xE3C6A7C2


@given(st.lists(_frames, max_size=8), st.integers(1, 40))
def test_frames_survive_any_cutting(frames: list[Frame], piece: int) -> None:
    sender, receiver = Framer(), Framer()
    wire = b"".join(sender.encode(frame) for frame in frames)
    received: list[Frame] = []
    for start in range(0, len(wire), piece):
        received += receiver.feed(wire[start : start + piece])
    assert received == frames


def test_settings_and_windows_ask_nothing() -> None:
    settings = struct.pack(">HHI", 0x8003, 4, 4) + struct.pack(">I", 0)
    window = struct.pack(">HHI", 0x8003, 9, 8) + struct.pack(">II", 1, 100)
    assert Framer().feed(settings + window + Framer().encode(Ping(1))) == [Ping(1)]


def _syn(block: bytes) -> bytes:
    body = struct.pack(">IIH", 1, 0, 0) + block
    return struct.pack(">HHI", 0x8003, 1, len(body)) + body


def _packed(block: bytes) -> bytes:
    deflate = zlib.compressobj(zdict=DICTIONARY)
    return deflate.compress(block) + deflate.flush(zlib.Z_SYNC_FLUSH)


@pytest.mark.parametrize(
    "wire",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        struct.pack(">HHI", 0x8002, 6, 4) + b"\0\0\0\1",
        struct.pack(">HHI", 0x8003, 6, 3) + b"\0\0\0",
        struct.pack(">HHI", 0x8003, 1, 4) + b"\0\0\0\1",
        struct.pack(">II", 1, 0xFFFFFF),
        _syn(b"not compressed"),
        _syn(_packed(struct.pack(">I", 3))),
        _syn(_packed(struct.pack(">II", 1, 500) + b"short")),
        _syn(_packed(struct.pack(">I", 10**6))),
        _syn(_packed(b"\0" * 10**6)),
    ],
)
def test_nonsense_is_refused(wire: bytes) -> None:
    with pytest.raises(SpdyError):
        Framer().feed(wire)
