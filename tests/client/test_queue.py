from __future__ import annotations

import asyncio

from drakkar.client import WorkQueue, run_workers


async def test_a_key_waits_once_and_comes_again_when_added_during_work() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add("a")
    queue.add("a")
    assert len(queue) == 1
    assert await queue.get() == "a"
    queue.add("a")
    assert len(queue) == 0
    queue.done("a")
    assert await asyncio.wait_for(queue.get(), 5) == "a"


async def test_of_several_times_the_earliest_counts() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add_after("a", 3600)
    queue.add_after("a", 0.001)
    queue.add_after("a", 3600)
    assert await asyncio.wait_for(queue.get(), 5) == "a"
    queue.close()


async def test_what_fails_is_tried_again() -> None:
    queue: WorkQueue[str] = WorkQueue(first=0.001)
    tries: list[str] = []
    well = asyncio.Event()

    async def reconcile(key: str) -> None:
        tries.append(key)
        if len(tries) < 3:
            raise RuntimeError("not yet")
        if len(tries) < 5:
            # Somebody else's end, which is not the worker's.
            raise asyncio.CancelledError
        well.set()

    worker = asyncio.create_task(run_workers(queue, reconcile))
    queue.add("a")
    await asyncio.wait_for(well.wait(), 5)
    worker.cancel()
    assert tries == ["a"] * 5
