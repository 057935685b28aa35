"""How long a token of a service account may be asked for."""

from __future__ import annotations

_SHORTEST_S, _LONGEST_S = 10 * 60, 2**32


def token_lifetime(seconds: int) -> str:
    """What is wrong with the length, in seconds; nothing if it may be."""
    if seconds < _SHORTEST_S:
        return "may not specify a duration less than 10 minutes"
    return "may not specify a duration larger than 2^32 seconds" if seconds > _LONGEST_S else ""
