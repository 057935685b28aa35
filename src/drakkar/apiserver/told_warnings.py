"""Which warnings a client is told: each once, and no more than it reads."""

from __future__ import annotations

from collections.abc import Iterable

# Letters of all of them, and of each where there are more, as upstream.
_MOST, _MOST_OF_ONE = 4096, 256


def told(warnings: Iterable[str]) -> list[str]:
    """Those that are told, in their order; the last ones and the ends of long ones may be missing."""
    distinct = [text for text in dict.fromkeys(warnings) if text]
    if sum(map(len, distinct)) <= _MOST:
        return distinct
    kept, letters = [], 0
    for text in distinct:
        if letters >= _MOST:
            break
        kept.append(text[:_MOST_OF_ONE])
        letters += len(kept[-1])
    return kept
