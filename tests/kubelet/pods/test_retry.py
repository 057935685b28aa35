"""What fails is tried again ever later, whatever it says and whoever wakes the pod's worker."""

from __future__ import annotations

import asyncio
from itertools import count, pairwise
from pathlib import Path

import pytest
from kubelet.fake_api import FakeNode, KubeletApi, Object, eventually, pod
from kubelet.pods.test_pods import phase, running

from drakkar.client.resources import PODS
from drakkar.kubelet.devices.usable_claim import PrepareError
from drakkar.kubelet.pods.retry import Retry


def test_later_and_later_until_it_succeeds() -> None:
    retry = Retry(1.0, 5.0)
    assert retry.left == 0
    assert [retry.failed() for _ in range(4)] == [1.0, 2.0, 4.0, 5.0]
    assert 0 < retry.left <= 5.0
    retry.hasten()
    assert retry.left == 0 and retry.failed() == 5.0
    retry.succeeded()
    assert retry.left == 0 and retry.failed() == 1.0


async def test_a_driver_whose_words_change_is_asked_ever_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = await FakeNode.started(tmp_path, KubeletApi())
    asked: list[float] = []

    async def fail(pod: Object) -> None:
        asked.append(asyncio.get_running_loop().time())
        raise PrepareError(f"try {len(asked)}")

    with monkeypatch.context() as patch:
        patch.setattr(node.dra, "prepare_pod", fail)
        async with running(node) as pods:
            node.client.put(PODS, pod())
            numbers = count()

            def changed_all_the_time() -> bool:
                stored = node.client.find(PODS, "p", "ns")
                assert stored is not None
                stored["metadata"]["annotations"] = {"number": str(next(numbers))}
                node.client.put(PODS, stored)
                return len(asked) == 4

            await eventually(changed_all_the_time)
            patch.undo()
            # A driver has come.
            pods.wake_all()
            await node.client.pod("p", phase("Running"))
    gaps = [later - earlier for earlier, later in pairwise(asked)]
    assert all(gap >= least - 0.01 for gap, least in zip(gaps, (0.2, 0.4, 0.8), strict=True)), gaps
    await node.aclose()
