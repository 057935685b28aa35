"""Base64 as Go reads it from JSON: line breaks are passed over, and what is wrong is told by its place."""

from __future__ import annotations

import base64
import binascii
import string

_ALPHABET = frozenset((string.ascii_letters + string.digits + "+/").encode())
_BREAKS = b"\r\n"
_PAD = ord("=")


class GoBase64Error(ValueError):
    """A text that is no base64; the message is Go's."""


def canonical_base64(text: str) -> str:
    """The text as it is stored. Raises GoBase64Error."""
    data = text.encode()
    bare = data.translate(None, _BREAKS)
    try:
        found = base64.b64decode(bare, validate=True)
    except binascii.Error:
        raise GoBase64Error(f"illegal base64 data at input byte {_place(data)}") from None
    # Bits behind the last byte, which nobody reads, are not kept.
    whole = (
        bare if not bare.endswith(b"=") else bare[:-4] + base64.b64encode(found[-(3 - bare.count(b"=")) :])
    )
    return whole.decode()


def _place(data: bytes) -> int:
    """Where Go stops reading: it takes four letters at a time."""
    at = taken = 0
    while at < len(data):
        letter = data[at]
        at += 1
        if letter in _BREAKS:
            continue
        if letter in _ALPHABET:
            taken = (taken + 1) % 4
            continue
        if letter != _PAD or taken < 2:
            return at - 1
        if taken == 2:
            at = _past_breaks(data, at)
            if at == len(data):
                return at
            if data[at] != _PAD:
                return at - 1
            at += 1
        return _past_breaks(data, at)
    return at - taken


def _past_breaks(data: bytes, at: int) -> int:
    while at < len(data) and data[at] in _BREAKS:
        at += 1
    return at
