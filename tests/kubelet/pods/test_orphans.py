"""What pods that were deleted while the kubelet was away have left is ended by the next one, all at once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from kubelet.fake_api import FakeNode, KubeletApi, eventually, pod
from kubelet.pods.test_pods import phase, running

from drakkar.client.resources import PODS
from drakkar.kubelet.devices.usable_claim import PrepareError
from drakkar.kubelet.host import syscalls
from drakkar.kubelet.host.remove_tree import remove_tree
from drakkar.kubelet.runtime.container import ContainerState

STUBBORN = 'trap "" TERM; echo up; while :; do sleep 0.05; done'


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[FakeNode]:
    made = await FakeNode.started(tmp_path, KubeletApi())
    yield made
    await made.aclose()


async def next_life(node: FakeNode, tmp_path: Path) -> FakeNode:
    node.runtime.close()
    node.closed = True
    return await FakeNode.started(tmp_path, node.client)


async def left_by_an_earlier_life(node: FakeNode, tmp_path: Path, count: int) -> FakeNode:
    """A node whose pods p0, p1… run on, do not heed SIGTERM, and are not in the API any more."""
    names = [f"p{i}" for i in range(count)]
    async with running(node):
        for name in names:
            node.client.put(PODS, pod(name, STUBBORN))
        for name in names:
            await node.client.pod(name, phase("Running"))
        for state in node.runtime.containers():
            await eventually(state.spec.log_path.read_text)
    for name in names:
        node.client.remove(PODS, name, "ns")
    return await next_life(node, tmp_path)


async def test_they_are_ended_side_by_side_with_the_forced_grace(
    node: FakeNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = await left_by_an_earlier_life(node, tmp_path, 3)
    stop, all_asked, asked = again.runtime.stop, asyncio.Event(), list[float]()

    async def stop_when_all_are_asked(container_id: str, grace: float) -> ContainerState:
        asked.append(grace)
        if len(asked) == 3:
            all_asked.set()
        await all_asked.wait()
        return await stop(container_id, 0)

    monkeypatch.setattr(again.runtime, "stop", stop_when_all_are_asked)
    async with running(again), asyncio.timeout(10):
        await eventually(lambda: len(again.dra.unprepared) == 3)
        await eventually(lambda: not list(again.config.pods_dir.iterdir()))
    assert asked == [1.0] * 3 and not again.runtime.containers()


async def test_one_that_does_not_end_holds_up_no_other(
    node: FakeNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = await left_by_an_earlier_life(node, tmp_path, 2)
    stop = again.runtime.stop

    async def hang(container_id: str, grace: float) -> ContainerState:
        if "p0" in container_id:
            await asyncio.Event().wait()
        return await stop(container_id, 0)

    async with running(again):
        with monkeypatch.context() as patch:
            patch.setattr(again.runtime, "stop", hang)
            await eventually(lambda: again.dra.unprepared == ["uid-p1"])
    await again.aclose()


async def test_files_of_pods_that_nobody_knows_are_removed(node: FakeNode, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    node.client.put(PODS, pod("stays"))
    mine, gone = node.config.pods_dir / "uid-stays", node.config.pods_dir / "uid-gone"
    for directory in (mine, gone):
        (directory / "volumes" / "token").mkdir(parents=True)
        (directory / "volumes" / "link").symlink_to(outside)
    (node.config.pods_dir / "a-link").symlink_to(outside)
    async with running(node):
        await eventually(lambda: os.listdir(node.config.pods_dir) == ["uid-stays"])
        await node.client.pod("stays", phase("Running"))
    assert (mine / "volumes" / "token").exists() and (outside / "kept").exists()


async def test_a_call_that_somebody_else_ends_is_made_again(node: FakeNode) -> None:
    (node.config.pods_dir / "uid-gone").mkdir(parents=True)
    node.dra.unprepare_failure = asyncio.CancelledError()
    async with running(node) as pods:
        await eventually(lambda: not list(node.config.pods_dir.iterdir()))
        node.dra.unprepare_failure = None
        pods.wake_all()
        await eventually(lambda: node.dra.unprepared == ["uid-gone"])


async def test_secrets_do_not_wait_for_a_driver(node: FakeNode) -> None:
    (node.config.pods_dir / "uid-gone" / "volumes").mkdir(parents=True)
    node.dra.unprepare_failure = PrepareError("driver is gone")
    async with running(node) as pods:
        await eventually(lambda: not list(node.config.pods_dir.iterdir()))
        node.dra.unprepare_failure = None
        # The driver has come.
        pods.wake_all()
        await eventually(lambda: node.dra.unprepared == ["uid-gone"])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts")
def test_what_is_mounted_in_a_directory_is_not_lost_with_it(tmp_path: Path) -> None:
    outside, gone = tmp_path / "outside", tmp_path / "gone"
    for directory in (outside, gone / "deep" / "mount"):
        directory.mkdir(parents=True)
    (outside / "kept").touch()
    syscalls.bind(str(outside), str(gone / "deep" / "mount"))
    remove_tree(gone)
    assert not gone.exists() and (outside / "kept").exists()
    remove_tree(gone)
