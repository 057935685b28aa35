"""What others have written, put so that it can stand in a log or an event."""

from __future__ import annotations

_LONGEST = 500


def one_line(text: str) -> str:
    """In one line of bounded length, without what a terminal would take for a command."""
    line = " ".join(text[: 4 * _LONGEST].split())[:_LONGEST]
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line)
