"""JSON as Go writes it."""

from __future__ import annotations

# By number, so that it can be put into a page.
_BY_NUMBER = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def escaped(text: str) -> str:
    """JSON with those characters by number that Go does not write."""
    for character, escape in _BY_NUMBER.items():
        text = text.replace(character, escape)
    return text
