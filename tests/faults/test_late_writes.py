"""What a scheduler gave up and what is stored all the same, beside our API server; and two schedulers on one device."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drakkar.client import Client
from drakkar.client.resources import LEASES, PODS
from drakkar.cluster import processes, readiness
from drakkar.cluster.running import endpoint, free_port
from drakkar.cluster.state import Settings, StateDirectory
from drakkar.cluster.supervisor import Supervisor

from . import late_write

pytestmark = pytest.mark.faults


@contextlib.asynccontextmanager
async def apiserver(path: Path) -> AsyncIterator[tuple[Client, Path]]:
    """An API server alone: a client that may do all, and the kubeconfig of a scheduler."""
    state, settings = StateDirectory(path), Settings(port=free_port())
    path.mkdir(mode=0o700)
    supervisor = Supervisor(state.logs)
    supervisor.start(processes.apiserver(state, settings, processes.certificates(state, settings)))
    try:
        await readiness.server(endpoint(state, settings), 60)
        async with Client.from_kubeconfig(state.kubeconfig) as admin:
            yield admin, path / "kubeconfigs" / "scheduler"
    finally:
        await supervisor.stop()


async def test_an_allocation_that_arrives_after_it_was_given_up_gives_nothing_away(tmp_path: Path) -> None:
    async with apiserver(tmp_path / "state") as (admin, own):
        await late_write.tell(admin, own, tmp_path)


async def test_of_two_schedulers_of_one_name_one_works(tmp_path: Path) -> None:
    async with apiserver(tmp_path / "state") as (admin, own):
        flags = (
            "--leader-elect-lease-duration=3s",
            "--leader-elect-renew-deadline=2s",
            "--leader-elect-retry-period=500ms",
        )
        logs = [tmp_path / "first.log", tmp_path / "second.log"]
        async with contextlib.AsyncExitStack() as running:
            for log in logs:
                await running.enter_async_context(late_write.scheduler(own, log, *flags))
            await late_write.one_device(admin, ("a", "b", "c"), ("default-scheduler",))
            winner = await late_write.first_bound(admin)
            assert await late_write.holders(admin) == [winner]
            lease = await admin.get(LEASES, "kube-scheduler", "kube-system")
            assert lease["spec"]["holderIdentity"] and lease["spec"]["leaseDurationSeconds"] == 3
        # Each leads once at most: the second when the first is gone.
        led = [log.read_text().count("leading: lease") for log in logs]
        assert sorted(led) in ([0, 1], [1, 1])


async def test_two_schedulers_of_different_names_never_bind_two_pods_to_one_device(tmp_path: Path) -> None:
    names = ("default-scheduler", "second-scheduler")
    async with apiserver(tmp_path / "state") as (admin, own), contextlib.AsyncExitStack() as running:
        for name in names:
            flags = (f"--scheduler-name={name}", f"--leader-elect-resource-name={name}")
            log = tmp_path / f"{name}.log"
            await running.enter_async_context(late_write.scheduler(own, log, *flags))
        await late_write.one_device(admin, tuple("abcdefgh"), names)
        seen = []
        for _ in range(8):
            winner = await late_write.first_bound(admin)
            assert await late_write.bound(admin) == [winner]
            seen.append(winner)
            await admin.delete(PODS, winner, late_write.PLACE, grace_period_seconds=0)
            await _released(admin, winner)
    assert sorted(seen) == list("abcdefgh")


async def _released(admin: Client, name: str) -> None:
    """What the claim controller does when a pod has gone: the device is free again."""
    from drakkar.client import ConflictError
    from drakkar.client.resources import RESOURCECLAIMS

    while True:
        claim = await admin.get(RESOURCECLAIMS, name, late_write.PLACE)
        claim["status"] = {}
        try:
            await admin.update(RESOURCECLAIMS, claim, "status")
            return
        except ConflictError:
            await asyncio.sleep(0)
