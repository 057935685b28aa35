"""A scheduler whose allocation is stored late, after it gave up waiting: told to any API server."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from aiohttp import web

from drakkar.client import AlreadyExistsError, Client
from drakkar.client.resources import (
    DEVICECLASSES,
    NAMESPACES,
    NODES,
    PODS,
    RESOURCECLAIMS,
    RESOURCESLICES,
    SERVICEACCOUNTS,
)

from .proxy import Fate, Proxy

Object = dict[str, Any]
PLACE = "late"
LIMIT_S = 60.0


@contextlib.asynccontextmanager
async def scheduler(kubeconfig: Path, log: Path, *flags: str) -> AsyncIterator[None]:
    """Our scheduler as a process, ended at the end of the block."""
    command = (sys.executable, "-m", "drakkar", "scheduler", f"--kubeconfig={kubeconfig}", *flags)
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(*command, stdout=output, stderr=output)
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def one_device(admin: Client, pods: tuple[str, ...], schedulers: tuple[str, ...]) -> None:
    """A node with one device, and pods that want it, each with a claim of its own and one of the schedulers."""
    await admin.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": PLACE}})
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    with contextlib.suppress(AlreadyExistsError):
        await admin.create(SERVICEACCOUNTS, account, PLACE)
    amounts = {"cpu": "8", "memory": "8Gi", "pods": "110"}
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n1"},
        "status": {"allocatable": amounts, "capacity": amounts},
    }
    made = await admin.create(NODES, node)
    # A real server taints what is new; nobody is here who would take that off.
    made["spec"] = {key: value for key, value in (made.get("spec") or {}).items() if key != "taints"}
    made = await admin.update(NODES, made)
    await admin.update(NODES, {**made, "status": node["status"]}, "status")
    head = {"apiVersion": "resource.k8s.io/v1"}
    selector = {"cel": {"expression": "device.driver == 'gpu.example.com'"}}
    await admin.create(
        DEVICECLASSES,
        {**head, "kind": "DeviceClass", "metadata": {"name": "gpu"}, "spec": {"selectors": [selector]}},
    )
    pool = {"name": "n1", "generation": 1, "resourceSliceCount": 1}
    spec = {"driver": "gpu.example.com", "nodeName": "n1", "pool": pool, "devices": [{"name": "gpu-0"}]}
    await admin.create(
        RESOURCESLICES, {**head, "kind": "ResourceSlice", "metadata": {"name": "s"}, "spec": spec}
    )
    for index, name in enumerate(pods):
        requests = [{"name": "r", "exactly": {"deviceClassName": "gpu"}}]
        claim = {
            **head,
            "kind": "ResourceClaim",
            "metadata": {"name": name},
            "spec": {"devices": {"requests": requests}},
        }
        await admin.create(RESOURCECLAIMS, claim, PLACE)
        container = {"name": "c", "image": "i", "resources": {"claims": [{"name": "gpu"}]}}
        pod = {
            "containers": [container],
            "resourceClaims": [{"name": "gpu", "resourceClaimName": name}],
            "schedulerName": schedulers[index % len(schedulers)],
        }
        await admin.create(
            PODS, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": pod}, PLACE
        )


async def holders(admin: Client) -> list[str]:
    """The claims that have the device."""
    claims = (await admin.list(RESOURCECLAIMS, PLACE))["items"]
    return [claim["metadata"]["name"] for claim in claims if (claim.get("status") or {}).get("allocation")]


async def bound(admin: Client) -> list[str]:
    """The pods that have a node."""
    pods = (await admin.list(PODS, PLACE))["items"]
    return [pod["metadata"]["name"] for pod in pods if pod["spec"].get("nodeName")]


async def first_bound(admin: Client) -> str:
    """Wait for a pod to get a node; its name."""
    async with asyncio.timeout(LIMIT_S):
        found = await bound(admin)
        if found:
            return found[0]
        async for kind, pod in admin.watch(PODS, PLACE):
            if kind in ("ADDED", "MODIFIED") and pod["spec"].get("nodeName"):
                return str(pod["metadata"]["name"])
    raise AssertionError("the watch ended")


async def tell(admin: Client, own: Path, directory: Path) -> None:
    """The first allocation is given up by its sender and arrives seconds later. `own` is the scheduler's kubeconfig."""
    proxy = await Proxy(own, random.Random(1)).start()
    proxy.late_seconds = (4.0, 4.0)
    late: list[str] = []

    def choose(request: web.Request) -> Fate:
        if (
            request.method == "PUT"
            and request.path.endswith("/status")
            and "resourceclaims" in request.path
            and not late
        ):
            late.append(request.path)
            return Fate.LATE
        return Fate.PASS

    proxy.choose = choose
    log = directory / "scheduler.log"
    try:
        async with scheduler(proxy.kubeconfig(directory / "through"), log):
            await one_device(admin, ("a", "b"), ("default-scheduler",))
            winner = await first_bound(admin)
            await proxy.calm()
            assert late, log.read_text()[-3000:]
            # What came late found the claim past the version it was to replace.
            assert proxy.late_answers == [409], log.read_text()[-3000:]
            assert await holders(admin) == [winner]
            assert await bound(admin) == [winner]
    finally:
        await proxy.stop()
