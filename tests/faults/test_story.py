"""Whatever is lost between the parts and the API server, and whichever of them is killed: no device is in two claims, no
pod runs without its claims, nothing is leaked, and in the end everything runs that can."""

from __future__ import annotations

import asyncio
import json
import os
import random
from pathlib import Path

import pytest

from drakkar.client import Client

from .cluster import NODE, Cluster
from .story import Story
from .watcher import Watcher

pytestmark = pytest.mark.faults

PODS = int(os.environ.get("DRAKKAR_STORY_PODS", "60"))
SEEDS = int(os.environ.get("DRAKKAR_STORY_SEEDS", "1"))
CLEAN_SECONDS = 60
FIRST = int(os.environ.get("DRAKKAR_STORY_FIRST_SEED", "1"))


def left_on_the_node(state: Path) -> list[str]:
    """What pods leave on a node and must not: prepared claims, CDI files, containers."""
    node = state / "nodes" / NODE
    found = [str(path.name) for path in node.glob("cdi/**/*claim*")]
    for path in node.glob("containers/*/state.json"):
        found.append(f"container {path.parent.name}: {json.loads(path.read_bytes()).get('pid')}")
    return found


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
async def test_no_promise_is_broken(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    async with (
        Cluster(tmp_path / "state", dice) as cluster,
        Client.from_kubeconfig(cluster.kubeconfig) as client,
    ):
        watcher = Watcher(client)
        story = Story(cluster, client, watcher, dice)
        await story.begin()
        watching = asyncio.create_task(watcher.run())
        troubling = asyncio.create_task(story.trouble())
        try:
            await story.tell(PODS)
            troubling.cancel()
            await story.end()
        finally:
            for task in (watching, troubling):
                task.cancel()
            await asyncio.gather(watching, troubling, return_exceptions=True)
        faults = {name: sum(proxy.counted.values()) for name, proxy in cluster.proxies.items()}
        print(
            f"seed {seed}: {story.made} pods, {watcher.changes} changes, {watcher.gaps} gaps,"
            f" kills {cluster.kills}, requests {faults}"
        )
        assert watcher.broken is None, f"{watcher.broken}{cluster.logs(40)}"
        # A pod that is deleted by force is gone before its node has heard of it.
        for _ in range(CLEAN_SECONDS * 10):
            if not (left := left_on_the_node(cluster.state.path)):
                break
            await asyncio.sleep(0.1)
        assert not left, f"left on the node: {left}{cluster.logs()}"
