"""How fast the machine is just now: the same piece of work, timed again and again beside what is measured.

Time on a processor tells of the machine's other guests as well; measured in this work instead it does not.
"""

from __future__ import annotations

import asyncio
import json
import time

_SECONDS_BETWEEN = 1.0
_OBJECT = {"metadata": {f"key-{number}": {"values": ["x" * 20] * 5} for number in range(200)}}


def _piece() -> float:
    """Seconds of a processor that one piece takes; of the kind that an API server does."""
    began = time.process_time()
    for _ in range(3):
        copied = json.loads(json.dumps(_OBJECT))
        sorted((len(str(value)), key) for key, value in copied["metadata"].items())
    return time.process_time() - began


class Yardstick:
    """Run it beside; `take` gives what a piece took on average since it was last asked."""

    def __init__(self) -> None:
        self._times: list[float] = []

    async def run(self) -> None:
        """Measure until cancelled."""
        while True:
            self._times.append(_piece())
            await asyncio.sleep(_SECONDS_BETWEEN)

    def take(self) -> float:
        """In seconds."""
        times, self._times = self._times or [_piece()], []
        return sum(times) / len(times)
