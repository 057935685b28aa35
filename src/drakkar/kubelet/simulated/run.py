"""Runs simulated nodes from start to stop; what they are in the API stays for the next run."""

from __future__ import annotations

import asyncio

from drakkar.client import Client, EventRecorder, until_stopped
from drakkar.client.lifetime import keep_all_up
from drakkar.kubelet.runtime.simulated.runtime import SimulatedRuntime
from drakkar.kubelet.simulated.nodes import SimulatedConfig, SimulatedNodes, allocatable
from drakkar.kubelet.simulated.pods import SimulatedPods


async def run_simulated(client: Client, config: SimulatedConfig, stop: asyncio.Event) -> None:
    """Keep the nodes Ready and their pods running until `stop` is set."""
    events = EventRecorder(client, "kubelet")
    runtime = SimulatedRuntime()
    has = allocatable(config)
    nodes = SimulatedNodes(client, config, runtime.status())
    pods = SimulatedPods(client, runtime, nodes.is_ours, events, config.gates, has)

    async def work() -> None:
        await keep_all_up({"the simulated nodes": nodes.run, "the simulated pods": pods.run})

    await until_stopped(work(), stop, [events])
