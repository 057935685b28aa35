"""How simulated nodes are called."""

from __future__ import annotations

PREFIX = "drakkar-sim-"


def simulated_names(count: int) -> list[str]:
    """The names of so many simulated nodes."""
    return [f"{PREFIX}{number}" for number in range(1, count + 1)]
