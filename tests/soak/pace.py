"""How fast the machine is while something else runs on it as well, so that work can be told by work."""

from __future__ import annotations

import asyncio
import statistics

from work_units import unit

_EVERY_S = 10.0


class Pace:
    """Measures from time to time how long a unit of work takes here."""

    def __init__(self) -> None:
        self._found: list[float] = []

    async def follow(self) -> None:
        """Go on until it is cancelled."""
        while True:
            self._found.append(unit())
            await asyncio.sleep(_EVERY_S)

    def taken(self) -> float:
        """Seconds of a processor that a unit took since the last time that this was asked: the median."""
        found, self._found = self._found or [unit()], []
        return statistics.median(found)
