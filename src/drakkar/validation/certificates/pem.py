"""Blocks of PEM in a text, found as Go finds them: what stands between and around them is passed over."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import NamedTuple

_BEGIN, _END, _DASHES = b"-----BEGIN ", b"-----END ", b"-----"


class Block(NamedTuple):
    """One block: what it says that it is, whether it has headers, and its bytes."""

    type: str
    headers: bool
    content: bytes


def blocks(data: bytes) -> Iterator[Block]:
    """All blocks that can be read, in their order."""
    kind: bytes | None = None
    lines: list[bytes] = []
    for line in data.split(b"\n"):
        line = line.rstrip(b" \t\r")
        if line.startswith(_BEGIN) and line.endswith(_DASHES) and len(line) >= len(_BEGIN) + len(_DASHES):
            # One that begins within another one takes its place.
            kind, lines = line[len(_BEGIN) : -len(_DASHES)], []
        elif line.startswith(_END):
            if kind is not None and line == _END + kind + _DASHES:
                block = _block(kind, lines)
                if block is not None:
                    yield block
            kind = None
        elif kind is not None:
            lines.append(line)


def _block(kind: bytes, lines: list[bytes]) -> Block | None:
    count = next((at for at, line in enumerate(lines) if b":" not in line), len(lines))
    text = b"".join(lines[count:]).translate(None, b" \t\r")
    try:
        content = base64.b64decode(text, validate=True)
    except binascii.Error:
        return None
    return Block(kind.decode(errors="replace"), count > 0, content)
