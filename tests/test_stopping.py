"""What tells a process to end, and work that goes on until then."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from drakkar.stopping import done_unless, stopped_by


@pytest.mark.parametrize(
    ("named", "sent"), [((), signal.SIGTERM), ((), signal.SIGINT), ((signal.SIGHUP,), signal.SIGHUP)]
)
async def test_a_signal_sets_the_event(named: tuple[signal.Signals, ...], sent: signal.Signals) -> None:
    stop = stopped_by(*named)
    assert not stop.is_set()
    os.kill(os.getpid(), sent)
    await asyncio.wait_for(stop.wait(), 30)
    for number in named or (signal.SIGINT, signal.SIGTERM):
        assert asyncio.get_running_loop().remove_signal_handler(number)


async def test_work_comes_to_its_end_or_fails_by_itself() -> None:
    async def fails() -> None:
        raise KeyError("x")

    async def works() -> int:
        return 7

    stop = asyncio.Event()
    assert await done_unless(stop, works()) == 7
    with pytest.raises(KeyError):
        await done_unless(stop, fails())


async def test_work_that_is_stopped_has_ended() -> None:
    told: list[str] = []
    stop = asyncio.Event()

    async def works() -> None:
        try:
            stop.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            told.append("ended")

    assert await done_unless(stop, works()) is None
    assert told == ["ended"]
    # So it has when who waits for it is cancelled.
    waiting = asyncio.create_task(done_unless(asyncio.Event(), works()))
    await stop.wait()
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert told == ["ended"] * 2
