"""Nothing that a pod's worker waits for holds up the pod's end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from kubelet.fake_api import FakeNode, KubeletApi, eventually, pod
from kubelet.pods.test_pods import phase, running

from drakkar.client.resources import PODS
from drakkar.kubelet.pods.interruptible import CalledOffError, Interruptible
from drakkar.kubelet.pods.worker import PodWorker
from drakkar.kubelet.runtime.container import ContainerSpec, ContainerState, Invocation

HANGS = {"exec": {"command": ["sleep", "1000"]}}


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[FakeNode]:
    made = await FakeNode.started(tmp_path, KubeletApi())
    yield made
    await made.aclose()


def with_hook(kind: str, hook: dict[str, Any], **spec: Any) -> dict[str, Any]:
    made = pod(**spec)
    made["spec"]["containers"][0]["lifecycle"] = {kind: hook}
    return made


async def end(node: FakeNode, force: bool) -> None:
    if force:
        node.client.remove(PODS, "p", "ns")
    else:
        await node.client.delete(PODS, "p", "ns", grace_period_seconds=1)
    await eventually(lambda: "uid-p" in node.dra.unprepared and not node.runtime.containers())


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("hook", [HANGS, {"sleep": {"seconds": 1000}}])
async def test_a_hook_at_the_start(node: FakeNode, hook: dict[str, Any], force: bool) -> None:
    async with running(node):
        node.client.put(PODS, with_hook("postStart", hook))
        await eventually(lambda: any(state.pid for state in node.runtime.containers()))
        await end(node, force)


@pytest.mark.parametrize("force", [False, True])
async def test_a_hook_at_the_end(node: FakeNode, force: bool) -> None:
    async with running(node):
        node.client.put(PODS, with_hook("preStop", {"sleep": {"seconds": 1000}}))
        await node.client.pod("p", phase("Running"))
        await node.client.delete(PODS, "p", "ns", grace_period_seconds=1000)
        await eventually(lambda: ("Killing", "Stopping container c") in node.events.seen)
        await end(node, force)
    assert any(reason == "FailedPreStopHook" for reason, _ in node.events.seen)


async def test_hooks_that_nobody_can_do(node: FakeNode) -> None:
    odd = {"exec": {"command": ["a\0b"]}}
    async with running(node):
        node.client.put(PODS, with_hook("preStop", odd))
        await node.client.pod("p", phase("Running"))
        await node.client.delete(PODS, "p", "ns", grace_period_seconds=1)
        await node.client.pod_gone("p")
        assert any(reason == "FailedPreStopHook" for reason, _ in node.events.seen)
        node.client.put(PODS, with_hook("postStart", odd, restartPolicy="Never"))
        await node.client.pod("p", phase("Failed"))
        assert any(reason == "FailedPostStartHook" for reason, _ in node.events.seen)


@pytest.mark.parametrize("force", [False, True])
async def test_an_image(node: FakeNode, force: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = asyncio.Event()

    async def pull(reference: str, command: Sequence[str], args: Sequence[str]) -> Invocation:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(node.runtime, "image", pull)
    async with running(node), asyncio.timeout(10):
        node.client.put(PODS, pod())
        await asked.wait()
        await end(node, force)


@pytest.mark.parametrize("force", [False, True])
async def test_a_container_that_is_just_being_started(
    node: FakeNode, force: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()
    start = node.runtime.start

    async def tell_and_start(spec: ContainerSpec) -> ContainerState:
        begun.set()
        return await start(spec)

    monkeypatch.setattr(node.runtime, "start", tell_and_start)
    async with running(node), asyncio.timeout(10):
        node.client.put(PODS, pod())
        await begun.wait()
        await end(node, force)


async def test_a_pod_that_has_ended_and_is_being_stopped(node: FakeNode) -> None:
    made = pod(activeDeadlineSeconds=1, terminationGracePeriodSeconds=1000)
    made["spec"]["containers"][0]["command"][2] = 'trap "" TERM; while :; do sleep 0.05; done'
    async with running(node):
        node.client.put(PODS, made)
        await node.client.pod("p", phase("Running"))
        await eventually(lambda: ("Killing", "Stopping container c") in node.events.seen)
        await end(node, force=True)


async def test_a_deadline_passes_over_a_hook_that_hangs(node: FakeNode) -> None:
    made = with_hook("postStart", HANGS, activeDeadlineSeconds=1, terminationGracePeriodSeconds=1)
    async with running(node):
        node.client.put(PODS, made)
        seen = await node.client.pod("p", phase("Failed"))
        assert seen["status"]["reason"] == "DeadlineExceeded"


async def test_work_that_is_called_off_and_the_end_of_who_waits_are_told_apart() -> None:
    work, begun = Interruptible(), asyncio.Event()

    async def forever() -> None:
        begun.set()
        await asyncio.Event().wait()

    for called_off in (True, False):
        begun.clear()
        waits = asyncio.create_task(work.run(forever()))
        await begun.wait()
        assert work.active
        if called_off:
            work.call_off()
        else:
            waits.cancel()
        with pytest.raises(CalledOffError if called_off else asyncio.CancelledError):
            await waits
        assert not work.active
        work.call_off()
    assert await work.run(asyncio.sleep(0, "done")) == "done"


@pytest.mark.parametrize("deleted", [False, True])
async def test_what_a_worker_waits_for_may_be_ended_by_somebody_else(node: FakeNode, deleted: bool) -> None:
    """Such as a call to a driver whose channel is closed."""
    async with running(node):
        node.dra.failure = None if deleted else asyncio.CancelledError()
        node.client.put(PODS, pod())
        if deleted:
            await node.client.pod("p", phase("Running"))
            node.dra.unprepare_failure = asyncio.CancelledError()
            await node.client.delete(PODS, "p", "ns", grace_period_seconds=1)
        await eventually(lambda: any(reason == "FailedSync" for reason, _ in node.events.seen))
        node.dra.failure = node.dra.unprepare_failure = None
        if not deleted:
            await node.client.pod("p", phase("Running"))
            await node.client.delete(PODS, "p", "ns", grace_period_seconds=1)
        await node.client.pod_gone("p")


async def test_a_worker_that_fails_begins_anew(node: FakeNode, monkeypatch: pytest.MonkeyPatch) -> None:
    run, runs = PodWorker.run, [0]

    async def fail_first(self: PodWorker) -> None:
        runs[0] += 1
        if runs[0] == 1:
            raise RuntimeError("a mistake")
        await run(self)

    monkeypatch.setattr(PodWorker, "run", fail_first)
    async with running(node):
        node.client.put(PODS, pod())
        await node.client.pod("p", phase("Running"))
    text = "the worker of pod ns/p failed and begins anew: RuntimeError('a mistake')"
    assert ("KubeletFailed", text) in node.events.seen
