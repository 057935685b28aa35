"""Work that is done again whenever it fails, and ends by nothing but its own end."""

from __future__ import annotations

import asyncio

import pytest

from drakkar.client import lifetime
from drakkar.client.lifetime import keep_all_up, keep_up


async def ended_by_somebody_else() -> None:
    other = asyncio.create_task(asyncio.sleep(1000))
    asyncio.get_running_loop().call_soon(other.cancel)
    await other


async def test_work_begins_anew_until_it_returns(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(lifetime, "_FIRST_PAUSE", 0.001)
    tries, told = [0], list[str]()

    async def work() -> str:
        tries[0] += 1
        if tries[0] == 1:
            raise KeyError("x")
        if tries[0] == 2:
            await ended_by_somebody_else()
        return "done"

    assert await keep_up("the work", work, told.append) == "done"
    assert tries == [3]
    assert told == [
        "the work failed and begins anew: KeyError('x')",
        "the work failed and begins anew: CancelledError()",
    ]
    assert caplog.text.count("the work failed, beginning anew in") == 2


async def test_its_own_end_is_its_end() -> None:
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(keep_up("the work", work))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_one_work_that_fails_ends_no_other() -> None:
    again, ended = asyncio.Event(), list[str]()

    async def fails() -> None:
        if not again.is_set():
            again.set()
            raise RuntimeError("a mistake")

    async def goes_on() -> None:
        try:
            await again.wait()
            # Long enough for the end of the other to be felt.
            for _ in range(10):
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    told: list[str] = []
    await keep_all_up({"one": fails, "another": goes_on}, told.append)
    assert told == ["one failed and begins anew: RuntimeError('a mistake')"] and not ended
