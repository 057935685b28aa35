"""Disruption budgets: what kube-controller-manager counts, says and tells of them, and ours."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from typing import Any

import pytest

from drakkar.client import Client, EventRecorder
from drakkar.client import kubeconfig as kubeconfigs
from drakkar.client.resources import EVENTS, NAMESPACES, PODDISRUPTIONBUDGETS, SERVICEACCOUNTS
from drakkar.cluster.lab.own_cluster import OwnCluster
from drakkar.controllers.machinery.controller import run_controller
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.controllers.workloads.disruption import DisruptionController

from .beside import beside
from .budget_cases import budgets, make

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
Found = tuple[dict[str, Object], dict[str, list[tuple[str, str, str]]]]
_PATIENCE_S = 60.0
_THEIRS, _OURS = "theirs", "ours"
# The original shows a selector as Go does, ours as kubectl.
_SELECTOR = re.compile(r"\(selector: .*\) were")


def _timeless(status: Object) -> Object:
    conditions = [
        {name: value for name, value in one.items() if name != "lastTransitionTime"}
        for one in status.get("conditions") or ()
    ]
    return {**status, "conditions": conditions}


async def _found(client: Client, namespace: str) -> Found:
    listed = (await client.list(PODDISRUPTIONBUDGETS, namespace))["items"]
    statuses = {one["metadata"]["name"]: _timeless(one.get("status") or {}) for one in listed}
    events: dict[str, set[tuple[str, str, str]]] = {}
    for one in (await client.list(EVENTS, namespace))["items"]:
        said = (one["type"], one["reason"], _SELECTOR.sub("were", one["message"]))
        events.setdefault(one["involvedObject"]["name"], set()).add(said)
    return statuses, {name: sorted(said) for name, said in events.items()}


def _is_done(found: Found) -> bool:
    return all(one.get("conditions") for one in found[0].values()) and "of-nobody" in found[1]


async def _settled(client: Client, namespace: str) -> Found:
    """What is said once there is something said of all, and it stays so for two seconds."""
    end, before, since = time.monotonic() + _PATIENCE_S, None, 0.0
    while True:
        found = await _found(client, namespace)
        if not _is_done(found) or found != before:
            before, since = found, time.monotonic()
        elif time.monotonic() - since > 2:
            return found
        assert time.monotonic() < end, found
        await asyncio.sleep(0.2)


async def _prepared(client: Client, namespace: str) -> None:
    await client.create(
        NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    )
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    await client.create(SERVICEACCOUNTS, account, namespace)
    await make(client, namespace)


async def _theirs(kubeconfig: Path) -> Found:
    access = kubeconfigs.load(kubeconfig)
    async with Client(access.server, access.ssl_context) as client:
        await _prepared(client, _THEIRS)
        return await _settled(client, _THEIRS)


async def _ours(kubeconfig: Path) -> Found:
    access = kubeconfigs.load(kubeconfig)
    async with Client(access.server, access.ssl_context) as client:
        await _prepared(client, _OURS)
        mirrors, events = Mirrors(client), EventRecorder(client, "controllermanager")
        controller = DisruptionController(client, mirrors, events)

        async def control() -> None:
            async with asyncio.TaskGroup() as group:
                mirrors.start(group)
                group.create_task(run_controller(controller))

        running = asyncio.create_task(control())
        try:
            return await _settled(client, _OURS)
        finally:
            running.cancel()
            await asyncio.wait({running})


def test_the_same_of_all_budgets(cluster: OwnCluster, controller_manager_137: Path) -> None:
    cluster.up("--without=driver,scheduler,kubelet,controllers")
    access = [
        f"--{name}={cluster.state / 'kubeconfig'}"
        for name in ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")
    ]
    flags = ["--secure-port=0", "--controllers=disruption-controller", "--leader-elect=false"]
    with beside(cluster, [str(controller_manager_137), *access, *flags]):
        theirs = asyncio.run(_theirs(cluster.state / "kubeconfig"))
    mine = asyncio.run(_ours(cluster.state / "kubeconfig"))
    different = [
        f"{name}\n    theirs {here.get(name)}\n    ours   {there.get(name)}"
        for here, there in zip(theirs, mine, strict=True)
        for name in sorted({*here, *there})
        if here.get(name) != there.get(name)
    ]
    assert len(theirs[0]) == len(list(budgets()))
    assert not different, "\n".join(different)
