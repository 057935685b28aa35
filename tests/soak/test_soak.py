"""Pods with claims come and go for a long time: what each part takes stays what it was, and nothing is left."""

from __future__ import annotations

import datetime
import os
import statistics
from pathlib import Path

import pytest

from drakkar.client.resources import EVENTS, PODS, RESOURCECLAIMS

from .footprint import Footprint
from .soaked import EVENT_SECONDS, Soaked, soaked, work

# As long as it takes.
pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]

PODS_IN_ALL = int(os.environ.get("DRAKKAR_SOAK_PODS", "100000"))
# How much more a part may take in the end than after the first fifth: a share, and what allocators and the machine make of it.
SHARE, SLACK_MB = 0.10, 8.0
# Clients keep as many connections as they had requests at once a moment ago: the scheduler binds so many pods.
CONNECTIONS = 32
# By how much the work for a pod may be more than that of a cluster that has hardly seen any. The two take turns, for what else
# the machine does makes all work dearer, from one minute to the next. A short soak tells more of how a cluster fills its caches.
HARDER = 0.10 if PODS_IN_ALL >= 100_000 else 0.30
YOUNG_PODS, TURNS, TURN_PODS = min(PODS_IN_ALL // 5, 4_000), 7, 200
# A sweep comes every half a minute.
PAST = EVENT_SECONDS + 45


def told(when: str, found: dict[str, Footprint], rate: float, each: float) -> str:
    rows = ", ".join(f"{name} {one.memory:.0f} MB {one.files} files" for name, one in found.items())
    return f"{when}: {rate:.0f} pods/s, {1000 * each:.1f} ms of work a pod; {rows}"


async def test_what_a_part_takes_does_not_grow_with_the_pods_it_has_seen(tmp_path: Path) -> None:
    async with soaked(tmp_path / "old") as old:
        await _soak(old)
        async with soaked(tmp_path / "young") as young:
            await _beside(old, young)
    files = [path for path in (tmp_path / "old").rglob("*") if path.is_file()]
    assert len(files) < 200, f"{len(files)} files are left"


async def _soak(cluster: Soaked) -> None:
    load, started = cluster.load, dict(cluster.pids)
    first = PODS_IN_ALL // 5
    looks: list[dict[str, Footprint]] = []
    # What is learned and cached in the beginning is no growth.
    last = cluster.look()
    for _ in range(5):
        rate = await load.run(first)
        now = cluster.look()
        looks.append(now)
        print(told(f"after {load.gone}", now, rate, work(last, now) / first), flush=True)
        last = now
    before, after = looks[0], looks[-1]
    assert await load.until_no_claims(60) == []
    assert cluster.pids == started, "a part was started again"
    for resource in (PODS, RESOURCECLAIMS):
        assert (await cluster.client.list(resource))["items"] == []
    too_old = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=PAST)
    events = (await cluster.client.list(EVENTS, limit=500))["items"]
    assert [
        one["metadata"]["name"]
        for one in events
        if datetime.datetime.fromisoformat(one["lastTimestamp"]) < too_old
    ] == []
    for name, was in before.items():
        has = after[name]
        assert has.memory <= was.memory * (1 + SHARE) + SLACK_MB, f"{name}: {was} at first, {has} in the end"
        assert has.files <= was.files + CONNECTIONS and has.children <= was.children, f"{name}: {was}, {has}"


async def _beside(old: Soaked, young: Soaked) -> None:
    """The work that a pod is for a cluster that has seen many, and for one that has seen few."""
    await young.load.run(YOUNG_PODS)
    spent: dict[Soaked, list[float]] = {old: [], young: []}
    for _ in range(TURNS):
        for one, found in spent.items():
            before = one.look()
            await one.load.run(TURN_PODS)
            found.append(work(before, one.look()) / TURN_PODS)
    mine, theirs = (statistics.median(found) for found in spent.values())
    print(f"{1000 * mine:.1f} ms of work a pod, {1000 * theirs:.1f} ms in a young cluster", flush=True)
    assert mine <= theirs * (1 + HARDER), spent
