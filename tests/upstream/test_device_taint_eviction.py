"""NoExecute taints of devices: which pods kube-controller-manager drives out, what it says of rules, and ours."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drakkar.client import Client, EventRecorder
from drakkar.client import kubeconfig as kubeconfigs
from drakkar.client.resources import DEVICETAINTRULES, EVENTS, NAMESPACES, PODS, SERVICEACCOUNTS
from drakkar.cluster.lab.own_cluster import OwnCluster
from drakkar.controllers.claims.device_eviction import DeviceTaintEvictionController
from drakkar.controllers.machinery.controller import run_controller
from drakkar.controllers.machinery.mirror import Mirrors

from .beside import beside
from .device_taint_scene import RULES, USERS, make, mend, taint

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
Found = dict[str, Any]
_PATIENCE_S = 60.0


def _timeless(conditions: list[Object]) -> list[Object]:
    return [
        {name: value for name, value in one.items() if name != "lastTransitionTime"} for one in conditions
    ]


async def _found(client: Client, name: str) -> Found:
    found: Found = {}
    for pod in (await client.list(PODS, name))["items"]:
        meta = pod["metadata"]
        found[f"pod {meta['name']}"] = (
            "deletionTimestamp" in meta,
            _timeless(pod["status"].get("conditions") or []),
        )
    for event in (await client.list(EVENTS, name))["items"]:
        who = f"event of {event['involvedObject']['name']}"
        said = (event["type"], event["reason"], event["message"])
        found[who] = sorted({*found.get(who, ()), said})
    for rule in (await client.list(DEVICETAINTRULES))["items"]:
        if rule["metadata"]["name"].startswith(f"{name}-"):
            conditions = _timeless((rule.get("status") or {}).get("conditions") or [])
            found[f"rule {rule['metadata']['name'].removeprefix(f'{name}-')}"] = conditions
    return found


async def _once(client: Client, name: str, holds: Callable[[Found], Any]) -> Found:
    """What there is once it holds, and does not change for longer than it takes to tell of a rule again."""
    end, before, since = time.monotonic() + _PATIENCE_S, None, 0.0
    while True:
        found = await _found(client, name)
        if found != before or not holds(found):
            before, since = found, time.monotonic()
        elif time.monotonic() - since > 12:
            return found
        assert time.monotonic() < end, found
        await asyncio.sleep(0.5)


async def _told(client: Client, name: str) -> list[Found]:
    """What becomes of all pods and rules, and what when the taints have gone."""
    await client.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    await client.create(SERVICEACCOUNTS, account, name)
    await make(client, name)
    await taint(client, name)
    tainted = await _once(
        client,
        name,
        lambda found: (
            found["pod a-second"][0]
            and found["pod ruled"][0]
            and all(found[f"rule {rule}"] for rule in RULES)
        ),
    )
    await mend(client, name)
    return [tainted, await _once(client, name, lambda found: "event of an-hour" in found)]


async def _theirs(kubeconfig: Path) -> list[Found]:
    access = kubeconfigs.load(kubeconfig)
    async with Client(access.server, access.ssl_context) as client:
        return await _told(client, "theirs")


async def _ours(kubeconfig: Path) -> list[Found]:
    access = kubeconfigs.load(kubeconfig)
    async with Client(access.server, access.ssl_context) as client:
        mirrors, events = Mirrors(client), EventRecorder(client, "device-taint-eviction-controller")
        controller = DeviceTaintEvictionController(client, mirrors, events)

        async def control() -> None:
            async with asyncio.TaskGroup() as group:
                mirrors.start(group)
                group.create_task(run_controller(controller))

        running = asyncio.create_task(control())
        try:
            return await _told(client, "ours")
        finally:
            running.cancel()
            await asyncio.wait({running})


def test_the_same_pods_are_driven_out(cluster: OwnCluster, controller_manager_137: Path) -> None:
    cluster.up("--without=driver,scheduler,kubelet,controllers")
    access = [
        f"--{name}={cluster.state / 'kubeconfig'}"
        for name in ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")
    ]
    flags = ["--secure-port=0", "--controllers=device-taint-eviction-controller", "--leader-elect=false"]
    with beside(cluster, [str(controller_manager_137), *access, *flags]):
        theirs = asyncio.run(_theirs(cluster.state / "kubeconfig"))
    mine = asyncio.run(_ours(cluster.state / "kubeconfig"))
    different = [
        f"{name}\n    theirs {here.get(name)}\n    ours   {there.get(name)}"
        for here, there in zip(theirs, mine, strict=True)
        for name in sorted({*here, *there})
        if here.get(name) != there.get(name)
    ]
    assert {f"pod {user}" for user in USERS} <= theirs[0].keys()
    assert not different, "\n".join(different)
