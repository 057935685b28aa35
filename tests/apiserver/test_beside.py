"""Heavy work beside the loop: one after the other, given up where nobody waits, and no reason for a server to stay."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from drakkar.apiserver import beside

HEAVY = beside.LIGHT + 1
# A server that goes down while a thread is at work that has no end.
ENDLESS = """
import asyncio, contextlib, itertools
from drakkar.apiserver import beside

async def main():
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.1):
            await beside.call(beside.LIGHT + 1, lambda: sum(1 for _ in itertools.count()))

asyncio.run(main())
"""


def test_a_process_ends_whatever_its_heavy_thread_is_at() -> None:
    ended = subprocess.run([sys.executable, "-c", ENDLESS], timeout=30, check=False, capture_output=True)
    assert (ended.returncode, ended.stderr) == (0, b"")


async def test_heavy_work_is_done_by_one_thread_in_order() -> None:
    done: list[int] = []

    def work(number: int) -> str:
        done.append(number)
        return threading.current_thread().name

    names = await asyncio.gather(*(beside.call(HEAVY, work, number) for number in range(20)))
    assert (set(names), done) == ({"heavy"}, list(range(20)))


async def test_what_heavy_work_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        await beside.call(HEAVY, lambda: 1 // 0)
    assert await beside.call(HEAVY, lambda: 5) == 5


async def test_what_nobody_waits_for_is_not_begun() -> None:
    loop, began, go_on = asyncio.get_running_loop(), asyncio.Event(), threading.Event()
    done: list[int] = []

    def held() -> None:
        loop.call_soon_threadsafe(began.set)
        go_on.wait(10)

    first = asyncio.create_task(beside.call(HEAVY, held))
    second = asyncio.create_task(beside.call(HEAVY, done.append, 1))
    await began.wait()
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    go_on.set()
    await first
    await beside.call(HEAVY, done.append, 2)
    assert done == [2]


async def test_what_is_beside_the_loop_already_does_heavy_work_there() -> None:
    async def outer() -> str:
        return await beside.call(HEAVY, lambda: threading.current_thread().name)

    assert await beside.run(HEAVY, outer) == "heavy"
