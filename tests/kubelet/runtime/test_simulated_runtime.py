"""A runtime in which nothing runs answers as any other does."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from drakkar.kubelet.runtime.container import ContainerSpec
from drakkar.kubelet.runtime.errors import (
    ContainerRuntimeError,
    NotRunningError,
    StillRunningError,
    UnknownContainerError,
)
from drakkar.kubelet.runtime.interface import ContainerRuntime
from drakkar.kubelet.runtime.lifetime import LIFETIME, SINCE
from drakkar.kubelet.runtime.sandbox import SandboxSpec
from drakkar.kubelet.runtime.security import SecurityRequest
from drakkar.kubelet.runtime.simulated.runtime import SimulatedRuntime


def spec(seconds: str | None = None, since: str | None = None) -> ContainerSpec:
    told = {LIFETIME: seconds, SINCE: since}
    env = {name: text for name, text in told.items() if text is not None}
    return ContainerSpec("uid", "c", 0, (), env, Path("/dev/null"))


async def test_a_container_runs_at_once_and_until_it_is_stopped() -> None:
    runtime = SimulatedRuntime()
    ended: list[int] = []
    runtime.on_exit(lambda state: ended.append(state.exit_code))
    state = await runtime.start(spec())
    assert state.running and runtime.containers("uid") == runtime.containers() == [state]
    with pytest.raises(ContainerRuntimeError, match="nothing runs"):
        await runtime.exec(state.spec.id, ["ls"])
    with pytest.raises(StillRunningError, match="still running"):
        await runtime.remove(state.spec.id)
    assert (await runtime.stop(state.spec.id, 30)).exit_code == 143 and ended == [143]
    await runtime.remove(state.spec.id)
    assert not runtime.containers()
    with pytest.raises(UnknownContainerError, match="no container"):
        await runtime.stop(state.spec.id, 0)


async def test_a_container_with_a_lifetime_ends_well_after_it() -> None:
    runtime = SimulatedRuntime()
    ended = asyncio.Event()
    runtime.on_exit(lambda state: ended.set())
    assert (await runtime.start(spec("0.02"))).running
    await asyncio.wait_for(ended.wait(), 5)
    assert runtime.containers()[0].exit_code == 0 and not runtime.containers()[0].running
    # One that should have ended while nobody looked has ended.
    await runtime.remove(spec().id)
    assert not (await runtime.start(spec("10", since="100"))).running


async def test_what_a_kubelet_asks_before_a_start_and_beside_it() -> None:
    runtime: ContainerRuntime = SimulatedRuntime()
    assert (runtime.status().name, "nothing runs" in runtime.status().message) == ("simulated", True)
    assert (await runtime.image("any", ["a"], [])).argv == ()
    assert not runtime.restrict(SecurityRequest("uid", "ns", "p", "c", privileged=True)).not_given
    one = await runtime.run_sandbox(SandboxSpec("uid", "ns", "p"))
    assert one.ip.startswith("127.") and one == await runtime.run_sandbox(SandboxSpec("uid", "ns", "p"))
    assert not (await runtime.run_sandbox(SandboxSpec("uid", "ns", "p", host_network=True))).ip
    with pytest.raises(OSError, match="nothing listens"):
        await runtime.port_forward("uid", 80)
    state = await runtime.start(spec())
    assert (await runtime.stats(state.spec.id)).memory_bytes == 0
    with pytest.raises(ContainerRuntimeError, match="it says nothing"):
        await runtime.attach(state.spec.id, ["stdout"], False)
    await runtime.stop(state.spec.id, 0)
    for asked in (runtime.stats(state.spec.id), runtime.exec(state.spec.id, ["ls"])):
        with pytest.raises(NotRunningError):
            await asked
    await runtime.remove(state.spec.id)
    await runtime.remove_sandbox("uid")
