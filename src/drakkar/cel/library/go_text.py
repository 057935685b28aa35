"""Text as Go holds it, in bytes that need not be UTF-8, and as Go quotes it in messages."""

from __future__ import annotations

from drakkar.api.go_quoting import quoted


def to_bytes(text: str) -> str:
    """The UTF-8 bytes of a text, each as the character of its number; a lone surrogate is a stray byte."""
    return text if text.isascii() else text.encode(errors="surrogateescape").decode("latin-1")


def from_bytes(data: str) -> str:
    """The text of such bytes; what is no UTF-8 among them is kept as lone surrogates."""
    return data if data.isascii() else data.encode("latin-1").decode(errors="surrogateescape")


def quote(text: str) -> str:
    """The text between double quotes, as Go's strconv.Quote writes it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return f'"{"".join(map(_quoted, text))}"'
    return quoted(text)


def _quoted(char: str) -> str:
    code = ord(char)
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else quoted(char)[1:-1]
