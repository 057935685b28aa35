"""Runs one part until SIGTERM or SIGINT, with its log on stderr."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Awaitable, Callable

from drakkar.cluster.supervisor import LIFELINE


def run_part(part: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run `part(stop)`; the first signal, or the end of the supervisor, sets `stop`, and the part ends what it is at."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    async def serve() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        lifeline = os.environ.pop(LIFELINE, "")
        if lifeline:
            # Readable means ended: nothing is ever written there.
            os.set_inheritable(int(lifeline), False)
            loop.add_reader(int(lifeline), stop.set)
        await part(stop)

    asyncio.run(serve())


def end_with_supervisor() -> None:
    """For a part with an event loop of its own: it gets SIGTERM when its supervisor is gone."""
    lifeline = os.environ.pop(LIFELINE, "")
    if not lifeline:
        return
    os.set_inheritable(int(lifeline), False)

    def wait() -> None:
        os.read(int(lifeline), 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()
