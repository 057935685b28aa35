"""Chains of one logic operator."""

from __future__ import annotations

from typing import Final

from drakkar.cel.syntax.tree import Call, Node

# Python's word for an operator, and what decides without the other side.
LOGIC: Final = {"_&&_": ("and", False), "_||_": ("or", True)}


def terms(node: Call) -> list[Node]:
    """What a chain is about, in the order of the text."""
    found: list[Node] = []
    pending: list[Node] = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, Call) and part.function == node.function:
            pending.extend(reversed(part.args))
        else:
            found.append(part)
    return found
