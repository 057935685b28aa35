"""What a container can be told where nothing runs: how long it is to seem to. Others let these variables be."""

from __future__ import annotations

# How many seconds it lives; without it, it runs until it is stopped.
LIFETIME = "DRAKKAR_SIMULATED_SECONDS"
# When it has begun, in seconds since the epoch; without it, now.
SINCE = "DRAKKAR_SIMULATED_SINCE"


def lifetime(seconds: float | None, since: float) -> dict[str, str]:
    """The variables that say so; None lives on."""
    return {SINCE: str(since)} | ({} if seconds is None else {LIFETIME: str(seconds)})
