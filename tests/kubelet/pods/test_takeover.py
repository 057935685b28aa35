"""A kubelet that comes back follows what runs, also when what a pod was made of is away by then."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from kubelet.fake_api import FakeNode, KubeletApi, Object, eventually, pod
from kubelet.pods.test_pods import phase, running, state

from drakkar.client.resources import CONFIGMAPS, PODS
from drakkar.kubelet.devices.usable_claim import PrepareError

CM = {"metadata": {"name": "cm", "namespace": "ns"}, "data": {"a": "1"}}


@pytest.fixture
async def nodes(tmp_path: Path) -> AsyncIterator[list[FakeNode]]:
    made = [await FakeNode.started(tmp_path, KubeletApi())]
    yield made
    await made[-1].aclose()


def with_volume(script: str = "sleep 1000", **spec: object) -> Object:
    made = pod(script=script, **spec)
    made["spec"]["volumes"] = [{"name": "v", "configMap": {"name": "cm"}}]
    return made


async def next_life_with_all_away(nodes: list[FakeNode], root: Path) -> FakeNode:
    """The node after a restart: the ConfigMap of its pod is deleted, and its driver is not there."""
    before = nodes[-1]
    before.runtime.close()
    before.client.remove(CONFIGMAPS, "cm", "ns")
    nodes.append(await FakeNode.started(root, before.client))
    nodes[-1].dra.failure = PrepareError("no driver")
    return nodes[-1]


async def test_what_runs_is_followed_and_started_again_once_all_is_there(
    nodes: list[FakeNode], tmp_path: Path
) -> None:
    node = nodes[0]
    made = with_volume()
    made["spec"]["containers"][0]["readinessProbe"] = {
        "exec": {"command": ["test", "-e", f"{tmp_path}/ready"]},
        "periodSeconds": 1,
    }
    node.client.put(CONFIGMAPS, CM)
    async with running(node):
        node.client.put(PODS, made)
        await node.client.pod("p", phase("Running"))
    again = await next_life_with_all_away(nodes, tmp_path)
    (tmp_path / "ready").touch()
    async with running(again) as pods:
        # Its probes run.
        await again.client.pod("p", lambda p: state(p)["ready"])
        await eventually(lambda: any(reason == "FailedMount" for reason, _ in again.events.seen))
        assert again.dra.prepared == []
        (container,) = again.runtime.containers()
        os.kill(container.pid, signal.SIGKILL)
        # Its end is seen; a new one has to wait for what it needs.
        await again.client.pod("p", lambda p: not state(p)["ready"] and "terminated" in state(p)["state"])
        again.client.put(CONFIGMAPS, CM)
        again.dra.failure = None
        pods.wake_all()
        await again.client.pod("p", lambda p: state(p)["ready"] and state(p)["restartCount"] == 1)
        assert again.dra.prepared == ["p"]


async def test_what_has_ended_meanwhile_has_ended(nodes: list[FakeNode], tmp_path: Path) -> None:
    node = nodes[0]
    node.client.put(CONFIGMAPS, CM)
    script = f"while [ ! -e {tmp_path}/done ]; do sleep 0.05; done"
    async with running(node):
        node.client.put(PODS, with_volume(script, restartPolicy="Never"))
        await node.client.pod("p", phase("Running"))
    (tmp_path / "done").touch()
    await eventually(lambda: not node.runtime.containers()[0].running)
    again = await next_life_with_all_away(nodes, tmp_path)
    async with running(again):
        await again.client.pod("p", phase("Succeeded"))
        assert again.dra.unprepared == ["uid-p"]


@pytest.mark.parametrize("deleted", [False, True])
async def test_its_devices_are_held_again_before_they_are_given_back(
    nodes: list[FakeNode], tmp_path: Path, deleted: bool
) -> None:
    """Whatever the earlier life has left written; its driver may be away."""
    node = nodes[0]
    node.client.put(CONFIGMAPS, CM)
    async with running(node):
        node.client.put(PODS, with_volume())
        await node.client.pod("p", phase("Running"))
        await node.client.pod("p", lambda p: p["status"].get("containerStatuses"))
    # It has prepared them itself.
    assert node.dra.held == []
    if deleted:
        await node.client.delete(PODS, "p", "ns", grace_period_seconds=1)
    again = await next_life_with_all_away(nodes, tmp_path)
    again.dra.hold_failure = None if deleted else PrepareError("not noted")
    async with running(again) as pods:
        if not deleted:
            await eventually(lambda: any("not noted" in message for _, message in again.events.seen))
            again.dra.hold_failure = None
            pods.wake_all()
            await eventually(lambda: again.dra.held == ["p"])
            await again.client.delete(PODS, "p", "ns", grace_period_seconds=1)
        await again.client.pod_gone("p")
    assert again.dra.held == ["p"] and again.dra.unprepared == ["uid-p"]
