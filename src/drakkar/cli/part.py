"""Runs one part until SIGTERM or SIGINT, with its log on stderr."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable

from drakkar.cluster.supervisor import GATE, LIFELINE
from drakkar.stopping import done_unless, stopped_by

# What a part may take to end once its supervisor is gone.
_LAST_SECONDS = 8.0


def _descriptor(name: str) -> int | None:
    """A descriptor that the supervisor handed down; what this process starts itself does not get it."""
    given = os.environ.pop(name, "")
    if not given:
        return None
    os.set_inheritable(int(given), False)
    return int(given)


async def _turn(stop: asyncio.Event) -> None:
    gate = _descriptor(GATE)
    if gate is None:
        return
    loop = asyncio.get_running_loop()
    opened = asyncio.Event()
    loop.add_reader(gate, opened.set)
    await done_unless(stop, opened.wait())
    loop.remove_reader(gate)
    os.close(gate)


def run_part(part: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run `part(stop)`; the first signal, or the end of the supervisor, sets `stop`, and the part ends what it is at.

    It begins when its supervisor says that what it needs is there.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    async def serve() -> None:
        stop = stopped_by()
        loop = asyncio.get_running_loop()

        def orphaned(lifeline: int) -> None:
            loop.remove_reader(lifeline)
            stop.set()
            # Nobody is left who would end a part that does not.
            loop.call_later(_LAST_SECONDS, os._exit, 1)

        lifeline = _descriptor(LIFELINE)
        if lifeline is not None:
            # Readable means ended: nothing is ever written there.
            loop.add_reader(lifeline, orphaned, lifeline)
        await _turn(stop)
        if not stop.is_set():
            await part(stop)

    try:
        asyncio.run(serve())
    except Exception as error:
        from drakkar.client.errors import AccessError

        if not isinstance(error, AccessError):
            raise
        sys.stderr.write(f"drakkar: {error}\n")
        raise SystemExit(2) from None


def end_with_supervisor() -> None:
    """For a part with an event loop of its own: it gets SIGTERM when its supervisor is gone."""
    lifeline = _descriptor(LIFELINE)
    if lifeline is None:
        return

    def wait() -> None:
        os.read(lifeline, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def wait_for_turn() -> None:
    """For the same: it returns when what the part needs is there."""
    gate = _descriptor(GATE)
    if gate is not None:
        os.read(gate, 1)
        os.close(gate)
