"""Controllers that are told to end in the middle of their start."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from drakkar.client.resources import NAMESPACES
from drakkar.controllers import run
from drakkar.testing import MemoryApi


@pytest.mark.parametrize("steps", range(40))
async def test_they_end_at_whatever_moment_of_their_start_they_are_told(steps: int) -> None:
    """A cancellation that comes while the first lists come in must not be lost: the controllers would stay for good."""
    client: Any = MemoryApi()
    await client.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "lab"}})
    stop = asyncio.Event()
    running = asyncio.create_task(run(client, stop))
    for _ in range(steps):
        await asyncio.sleep(0)
    stop.set()
    ended, _ = await asyncio.wait({running}, timeout=5)
    if not ended:
        # A group does not cancel its tasks twice, and the test's own loop would wait for them.
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
    assert ended
