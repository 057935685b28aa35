"""Pods with claims come and go for a long time: what each part takes stays what it was, and nothing is left."""

from __future__ import annotations

import asyncio
import datetime
import os
from dataclasses import replace
from pathlib import Path

import pytest

from drakkar.client import Client
from drakkar.client.resources import EVENTS, PODS, RESOURCECLAIMS
from drakkar.cluster import processes, readiness
from drakkar.cluster.running import endpoint, free_port
from drakkar.cluster.state import Settings, StateDirectory
from drakkar.cluster.supervisor import Supervisor

from .footprint import Footprint, footprint
from .load import Load
from .pace import Pace

# As long as it takes.
pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]

PODS_IN_ALL = int(os.environ.get("DRAKKAR_SOAK_PODS", "100000"))
NODES = 50
# How much more a part may take in the end than after the first fifth: a share, and what allocators and the machine make of it.
SHARE, SLACK_MB = 0.10, 8.0
# By how much the work for a pod may grow. It is counted in processor time, for the clock tells of the machine as well, and by
# a unit that is measured meanwhile, for what else runs there makes all work dearer. The fewer the pods, the more it tells of
# the machine.
HARDER = 0.10 if PODS_IN_ALL >= 100_000 else 0.30
EVENT_SECONDS = 20
# A sweep comes every half a minute.
PAST = EVENT_SECONDS + 45


def look(pids: dict[str, int]) -> dict[str, Footprint]:
    return {name: footprint(pid) for name, pid in pids.items()}


def work(before: dict[str, Footprint], after: dict[str, Footprint]) -> float:
    """What all parts together did between two looks, in seconds of a processor."""
    return sum(after[name].work - before[name].work for name in after)


def told(when: str, found: dict[str, Footprint], rate: float, each: float, unit: float) -> str:
    rows = ", ".join(f"{name} {one.memory:.0f} MB {one.files} files" for name, one in found.items())
    return f"{when}: {rate:.0f} pods/s, {1000 * each:.1f} ms of work a pod ({each / unit:.2f} units); {rows}"


async def test_what_a_part_takes_does_not_grow_with_the_pods_it_has_seen(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path / "state")
    settings = Settings(port=free_port(), devices=8, simulated_nodes=NODES, without=("kubelet", "driver"))
    state.path.mkdir(mode=0o700)
    pids: dict[str, int] = {}
    supervisor = Supervisor(state.logs, lambda name, pid, _: pids.update({name: pid}))
    try:
        server = processes.apiserver(state, settings, processes.certificates(state, settings))
        # Events are kept for as long as they are asked to be; here no longer than a fraction of the test.
        supervisor.start(replace(server, command=[*server.command, f"--event-ttl={EVENT_SECONDS}s"]))
        access = endpoint(state, settings)
        await readiness.server(access, 60)
        for part in (*processes.others(state, settings), *processes.simulated(state, settings)):
            supervisor.start(part)
        await readiness.devices(access, set(processes.simulated_names(settings)), 120)
        await readiness.accounts(access, {"default"}, 60)
        async with Client.from_kubeconfig(state.kubeconfig) as client:
            await _soak(pids, client)
    finally:
        await supervisor.stop()
    files = [path for path in state.path.rglob("*") if path.is_file()]
    assert len(files) < 200, f"{len(files)} files are left"


async def _soak(pids: dict[str, int], client: Client) -> None:
    load, pace = Load(client), Pace()
    await load.prepare()
    following = [asyncio.create_task(one.run()) for one in (load.pods, load.claims)]
    following.append(asyncio.create_task(pace.follow()))
    try:
        started = dict(pids)
        first = PODS_IN_ALL // 5
        # What is learned and cached in the beginning is no growth.
        last = look(pids)
        each: list[float] = []
        looks: list[dict[str, Footprint]] = []
        for _ in range(5):
            rate = await load.run(first)
            now = look(pids)
            spent, unit = work(last, now) / first, pace.taken()
            each.append(spent / unit)
            looks.append(now)
            last = now
            print(told(f"after {load.gone}", now, rate, spent, unit), flush=True)
        before, after = looks[0], looks[-1]
        assert await load.until_no_claims(60) == []
    finally:
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
    assert pids == started, "a part was started again"
    for resource in (PODS, RESOURCECLAIMS):
        assert (await client.list(resource))["items"] == []
    too_old = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=PAST)
    events = (await client.list(EVENTS, limit=500))["items"]
    assert [
        one["metadata"]["name"]
        for one in events
        if datetime.datetime.fromisoformat(one["lastTimestamp"]) < too_old
    ] == []
    for name, was in before.items():
        has = after[name]
        assert has.memory <= was.memory * (1 + SHARE) + SLACK_MB, f"{name}: {was} at first, {has} in the end"
        assert has.files <= was.files + 10 and has.children <= was.children, f"{name}: {was}, {has}"
    # The cheaper of two: whatever else the machine did makes a pod dearer, never cheaper.
    early, late = min(each[:2]), min(each[-2:])
    assert late <= early * (1 + HARDER), f"{early:.2f} units of work a pod at first, {late:.2f} in the end"
