"""A cluster of simulated nodes under a load of pods."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from drakkar.client import Client
from drakkar.cluster import processes, readiness
from drakkar.cluster.running import endpoint, free_port
from drakkar.cluster.state import Settings, StateDirectory
from drakkar.cluster.supervisor import Supervisor

from .footprint import Footprint, footprint
from .load import Load

NODES = 50
# Events are kept for as long as they are asked to be; here no longer than a fraction of the test.
EVENT_SECONDS = 20


@dataclass(eq=False)
class Soaked:
    """`pids` are those of its parts, by name."""

    pids: dict[str, int]
    client: Client
    load: Load

    def look(self) -> dict[str, Footprint]:
        """What each part takes now."""
        return {name: footprint(pid) for name, pid in self.pids.items()}


def work(before: dict[str, Footprint], after: dict[str, Footprint]) -> float:
    """What all parts together did between two looks, in seconds of a processor."""
    return sum(after[name].work - before[name].work for name in after)


@contextlib.asynccontextmanager
async def soaked(directory: Path) -> AsyncIterator[Soaked]:
    """Up for the time of the block, with everything that its pods want."""
    state = StateDirectory(directory)
    settings = Settings(port=free_port(), devices=8, simulated_nodes=NODES, without=("kubelet", "driver"))
    state.path.mkdir(mode=0o700)
    pids: dict[str, int] = {}
    supervisor = Supervisor(state.logs, lambda name, pid, _: pids.update({name: pid}))
    try:
        server = processes.apiserver(state, settings, processes.certificates(state, settings))
        supervisor.start(replace(server, command=[*server.command, f"--event-ttl={EVENT_SECONDS}s"]))
        access = endpoint(state, settings)
        await readiness.server(access, 60)
        for part in (*processes.others(state, settings), *processes.simulated(state, settings)):
            supervisor.start(part)
        await readiness.devices(access, set(processes.simulated_names(settings)), 120)
        await readiness.accounts(access, {"default"}, 60)
        async with Client.from_kubeconfig(state.kubeconfig) as client:
            load = Load(client)
            await load.prepare()
            following = [asyncio.create_task(one.run()) for one in (load.pods, load.claims)]
            try:
                yield Soaked(pids, client, load)
            finally:
                for task in following:
                    task.cancel()
                await asyncio.gather(*following, return_exceptions=True)
    finally:
        await supervisor.stop()
