"""Runs simulated nodes from start to stop; what they are in the API stays for the next run."""

from __future__ import annotations

import asyncio

from drakkar.client import Client, EventRecorder
from drakkar.kubelet.simulated.nodes import SimulatedConfig, SimulatedNodes
from drakkar.kubelet.simulated.pods import SimulatedPods

_EVENTS_SECONDS = 2.0


async def run_simulated(client: Client, config: SimulatedConfig, stop: asyncio.Event) -> None:
    """Keep the nodes Ready and their pods running until `stop` is set."""
    events = EventRecorder(client, "kubelet")
    nodes = SimulatedNodes(client, config)
    pods = SimulatedPods(client, nodes.is_ours, events)

    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(nodes.run())
            group.create_task(pods.run())

    working = asyncio.create_task(work())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        for task in (working, stopping):
            task.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)
        try:
            await events.flush(_EVENTS_SECONDS)
        except TimeoutError:
            pass
