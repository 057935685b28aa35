"""Commands run in a container end with it, in the foreground and in the background."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from kubelet.fake_api import eventually

from drakkar.kubelet.runtime.container import ContainerSpec
from drakkar.kubelet.runtime.process.guests import end_members, open_namespace
from drakkar.kubelet.runtime.process.mounts import Isolation, obstacle
from drakkar.kubelet.runtime.process.runtime import ProcessRuntime


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("mode", ["none", "mount", "user"])
async def test_an_open_session_ends_with_its_container(tmp_path: Path, mode: str) -> None:
    if mode != "none" and (reason := obstacle(mode)):
        pytest.skip(f"no such namespaces here: {reason}")
    runtime = ProcessRuntime(tmp_path / "containers", Isolation(mode))
    await runtime.recover()
    env = {"PATH": os.environ["PATH"]}
    log = tmp_path / "log"
    spec = ContainerSpec("uid", "c", 0, ("/bin/sh", "-c", "echo up; sleep 100"), env, log)
    state = await runtime.start(spec)
    # By then the container is in its namespace.
    await eventually(lambda: log.exists() and log.read_text())
    session = await runtime.exec(state.spec.id, ["/bin/sh", "-c", "sleep 101 & echo $!; exec sleep 102"])
    assert session.stdout is not None
    child = int(await asyncio.wait_for(session.stdout.readline(), 5))
    assert alive(child)
    await runtime.stop(state.spec.id, 0)
    assert await asyncio.wait_for(session.wait(), 5) == 137
    await eventually(lambda: not alive(child))
    session.close()
    runtime.close()


async def test_what_an_exec_left_behind_ends_with_the_container(tmp_path: Path) -> None:
    if reason := obstacle("mount"):
        pytest.skip(f"no mount namespaces here: {reason}")
    runtime = ProcessRuntime(tmp_path / "containers", Isolation("mount"))
    await runtime.recover()
    env = {"PATH": os.environ["PATH"]}
    log = tmp_path / "log"
    state = await runtime.start(
        ContainerSpec("uid", "c", 0, ("/bin/sh", "-c", "echo up; sleep 100"), env, log)
    )
    await eventually(lambda: log.exists() and log.read_text())
    session = await runtime.exec(state.spec.id, ["/bin/sh", "-c", "setsid sleep 103 & echo $!"])
    assert session.stdout is not None
    child = int(await asyncio.wait_for(session.stdout.readline(), 5))
    assert await asyncio.wait_for(session.wait(), 5) == 0
    session.close()
    assert alive(child)
    await runtime.stop(state.spec.id, 0)
    await eventually(lambda: not alive(child))
    runtime.close()


def test_our_own_namespace_is_nobodys_to_end() -> None:
    assert open_namespace(os.getpid()) is None
    assert open_namespace(2**22 + 1) is None
    # Of a namespace without members there is nothing to end.
    descriptor = os.open("/proc/self/ns/uts", os.O_RDONLY)
    assert end_members(descriptor) == 0
    os.close(descriptor)
