"""Runs one part until SIGTERM or SIGINT, with its log on stderr."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable


def run_part(part: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run `part(stop)`; the first signal sets `stop`, and the part ends what it is at."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    async def serve() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await part(stop)

    asyncio.run(serve())
