"""Where two answers differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple


class Difference(NamedTuple):
    """Two values that stand at one path, of which one may be None for nothing."""

    path: str
    theirs: Any
    mine: Any


def differences(theirs: Any, mine: Any, path: str = "") -> Iterator[Difference]:
    """The places as deep down as both have them, by name; lists of other lengths differ as wholes."""
    if theirs == mine:
        return
    if isinstance(theirs, dict) and isinstance(mine, dict):
        for name in sorted({*theirs, *mine}):
            yield from differences(theirs.get(name), mine.get(name), f"{path}.{name}")
    elif isinstance(theirs, list) and isinstance(mine, list) and len(theirs) == len(mine):
        for at, pair in enumerate(zip(theirs, mine, strict=True)):
            yield from differences(*pair, f"{path}[{at}]")
    else:
        yield Difference(path, theirs, mine)
