"""One scene told twice, each time on an API server of its own: to kube-scheduler, and to our scheduler."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from drakkar.client import Client
from drakkar.client.resources import NODES, PODS, SERVICEACCOUNTS
from drakkar.scheduler.binding_conditions import SECONDS
from drakkar.scheduler.run import run

from .control_plane import ControlPlane

T = TypeVar("T")
Object = dict[str, Any]
# Makes a scene, and says what came of it.
Tell = Callable[[Client], Awaitable[T]]
_PATIENCE_S = 60.0


@contextlib.asynccontextmanager
async def kube_scheduler(program: Path, plane: ControlPlane, log: Path, *more: str) -> AsyncIterator[None]:
    """The original at work for the time of the block."""
    flags = ["--leader-elect=false", "--bind-address=127.0.0.1", "--secure-port=0", "--kube-api-qps=1000"]
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            program,
            f"--kubeconfig={plane.kubeconfig}",
            "--kube-api-burst=1000",
            *flags,
            *more,
            stdout=out,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            yield
        finally:
            process.terminate()
            async with asyncio.timeout(20):
                await process.wait()


def patient(plane: ControlPlane, seconds: float) -> str:
    """A flag for the original: how long devices may take until pods can be bound to them."""
    arguments = {"kind": "DynamicResourcesArgs", "bindingTimeout": f"{seconds}s"}
    arguments["apiVersion"] = "kubescheduler.config.k8s.io/v1"
    profile = {
        "schedulerName": "default-scheduler",
        "pluginConfig": [{"name": "DynamicResources", "args": arguments}],
    }
    config = {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "clientConnection": {"kubeconfig": str(plane.kubeconfig), "qps": 1000, "burst": 1000},
        "leaderElection": {"leaderElect": False},
        "profiles": [profile],
    }
    file = plane.kubeconfig.with_name("scheduler.json")
    file.write_text(json.dumps(config))
    return f"--config={file}"


@contextlib.asynccontextmanager
async def our_scheduler(plane: ControlPlane, binding_seconds: float = SECONDS) -> AsyncIterator[None]:
    """Ours at work for the time of the block."""
    stop = asyncio.Event()
    async with plane.client() as client:
        running = asyncio.create_task(run(client, stop, binding_seconds=binding_seconds))
        try:
            yield
        finally:
            stop.set()
            async with asyncio.timeout(20):
                await running


async def told_to_both(
    program: Path, directory: Path, tell: Tell[T], binding_seconds: float = SECONDS
) -> tuple[T, T]:
    """What came of the scene with the original, and what came of it with ours."""
    found = []
    for name in ("theirs", "ours"):
        (directory / name).mkdir()
        plane = ControlPlane(directory / name)
        async with plane.up(), plane.client() as client:
            account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
            await client.create(SERVICEACCOUNTS, account, "default")
            working = (
                our_scheduler(plane, binding_seconds)
                if name == "ours"
                else kube_scheduler(
                    program, plane, directory / "kube-scheduler.log", patient(plane, binding_seconds)
                )
            )
            async with working:
                found.append(await tell(client))
    return found[0], found[1]


async def make_node(client: Client, name: str, labels: dict[str, str] | None = None, **has: str) -> None:
    """A node that is well and has room, and more of what is named."""
    allocatable = {"cpu": "64", "memory": "64Gi", "pods": "110", **has}
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, **(labels or {})}},
    }
    await client.create(NODES, node)
    # A new node is tainted until somebody says that it is well, which is nobody's work here.
    await client.patch(NODES, name, {"spec": {"taints": None}})
    status = {
        "allocatable": allocatable,
        "capacity": allocatable,
        "conditions": [{"type": "Ready", "status": "True"}],
    }
    await client.update(NODES, {**node, **await client.get(NODES, name), "status": status}, "status")


async def until(look: Callable[[], Awaitable[T | None]]) -> T:
    """What is seen, once there is something to see."""
    async with asyncio.timeout(_PATIENCE_S):
        while not (found := await look()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return found


async def decided(client: Client, name: str) -> Object:
    """The pod, once the scheduler has given it a node or said why not."""

    async def look() -> Object | None:
        pod = await client.get(PODS, name, "default")
        told = (pod.get("status") or {}).get("conditions") or []
        done = pod["spec"].get("nodeName") or any(one["type"] == "PodScheduled" for one in told)
        return pod if done else None

    return await until(look)
