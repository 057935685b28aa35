"""Containers whose node is taken down for good."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from kubelet.fake_api import eventually

from drakkar.kubelet.runtime.container import ContainerSpec
from drakkar.kubelet.runtime.process.leftover import end_containers
from drakkar.kubelet.runtime.process.mounts import Isolation
from drakkar.kubelet.runtime.process.runtime import ProcessRuntime


async def test_every_container_ends_and_its_exit_code_stays(tmp_path: Path) -> None:
    assert end_containers(tmp_path, 1) == 0
    runtime = ProcessRuntime(tmp_path / "containers", Isolation("none"))
    await runtime.recover()
    scripts = {
        "gentle": "sleep 100",
        "stubborn": 'trap "" TERM; echo; while :; do sleep 0.1; done',
        "done": "exit 4",
    }
    env = {"PATH": os.environ["PATH"]}
    logs = {}
    for name, script in scripts.items():
        logs[name] = tmp_path / f"{name}.log"
        await runtime.start(ContainerSpec("uid", name, 0, ("/bin/sh", "-c", script), env, logs[name]))
    await eventually(lambda: logs["stubborn"].exists() and logs["stubborn"].read_text())
    await eventually(lambda: not next(s for s in runtime.containers() if s.spec.name == "done").running)
    runtime.close()
    assert await asyncio.to_thread(end_containers, tmp_path, 0.3) == 2
    again = ProcessRuntime(tmp_path / "containers", Isolation("none"))

    def codes() -> dict[str, int]:
        return {state.spec.name: state.exit_code for state in again.containers()}

    # A shim writes the exit code a moment after the end.
    shims = [container.shim for container in runtime._containers.values() if container.shim]
    for popen in shims:
        await asyncio.to_thread(popen.wait, 5)
    await again.recover()
    assert codes() == {"gentle": 143, "stubborn": 137, "done": 4}
