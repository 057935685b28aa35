"""Nodes that are heard no more: what kube-controller-manager makes of them and of their pods, and ours."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drakkar.api.time import micro_time_text, time_text
from drakkar.client import Client, EventRecorder
from drakkar.client import kubeconfig as kubeconfigs
from drakkar.client.resources import EVENTS, LEASES, NAMESPACES, NODES, PODS, SERVICEACCOUNTS
from drakkar.cluster.lab.own_cluster import OwnCluster
from drakkar.controllers.machinery.controller import run_controller
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.controllers.nodes.health import Silence
from drakkar.controllers.nodes.monitor import NodeMonitor
from drakkar.controllers.nodes.taints import NodeTaintController

from .beside import beside

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
Found = dict[str, Any]
_PATIENCE_S = 60.0
_GRACE_S = 4
# By the node's name, the status of its condition Ready; each in a zone of its own.
NODES_OF = {"goes-silent": "True", "never-spoke": "", "has-a-lease": "True", "unwell": "False"}


def _moment() -> str:
    return time_text(datetime.datetime.now(datetime.UTC))


def _conditions(status: str) -> list[Object]:
    said = {"lastHeartbeatTime": _moment(), "lastTransitionTime": _moment(), "reason": "R", "message": "m"}
    return [
        {"type": "Ready", "status": status, **said},
        {"type": "MemoryPressure", "status": "False", **said},
    ]


async def _speak(client: Client, name: str, status: str) -> None:
    await client.patch(
        NODES, name, {"status": {"conditions": _conditions(status)}}, kind="strategic", subresource="status"
    )


async def _prepared(client: Client, prefix: str) -> None:
    await client.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": prefix}})
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    await client.create(SERVICEACCOUNTS, account, prefix)
    for name in NODES_OF:
        node = f"{prefix}-{name}"
        labels = {"topology.kubernetes.io/zone": node}
        await client.create(
            NODES, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": node, "labels": labels}}
        )
        spec = {"nodeName": node, "containers": [{"name": "c", "image": "i"}]}
        await client.create(
            PODS, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}, prefix
        )
        ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
        await client.patch(PODS, name, {"status": ready}, prefix, "strategic", subresource="status")
    # The original marks pods that come to a node that is not ready, if it has heard of that by the time.
    await asyncio.sleep(_GRACE_S / 2)
    for name, status in NODES_OF.items():
        if status:
            await _speak(client, f"{prefix}-{name}", status)


async def _keep_leased(client: Client, node: str) -> None:
    meta = {"name": node, "namespace": "kube-node-lease"}
    spec: Object = {"holderIdentity": node, "leaseDurationSeconds": 40}
    body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": meta, "spec": spec}
    await client.create(LEASES, body, "kube-node-lease")
    while True:
        moment = micro_time_text(datetime.datetime.now(datetime.UTC))
        await client.patch(LEASES, node, {"spec": {"renewTime": moment}}, "kube-node-lease", "merge")
        await asyncio.sleep(0.5)


def _timeless(conditions: list[Object]) -> list[Object]:
    kept = ("type", "status", "reason", "message", "observedGeneration")
    return [{name: one[name] for name in kept if name in one} for one in conditions]


async def _found(client: Client, prefix: str) -> Found:
    found: Found = {}
    for node in (await client.list(NODES))["items"]:
        name = node["metadata"]["name"]
        if not name.startswith(prefix):
            continue
        taints = [
            (one["key"].rpartition("/")[2], one["effect"], "timeAdded" in one)
            for one in node["spec"].get("taints") or ()
        ]
        conditions = _timeless((node.get("status") or {}).get("conditions") or [])
        found[f"node {name.removeprefix(f'{prefix}-')}"] = (conditions, sorted(taints))
    for pod in (await client.list(PODS, prefix))["items"]:
        found[f"pod {pod['metadata']['name']}"] = _timeless(pod["status"]["conditions"])
    for where in ("default", prefix):
        for one in (await client.list(EVENTS, where))["items"]:
            about = one["involvedObject"]
            said = (one["type"], one["reason"], one["message"].replace(f"{prefix}-", ""))
            if about["kind"] == "Pod" or about["name"].startswith(prefix):
                name = f"event of {about['kind']} {about['name'].removeprefix(f'{prefix}-')}"
                found[name] = sorted({*found.get(name, ()), said})
    return found


async def _once(client: Client, prefix: str, holds: Callable[[Found], Any]) -> Found:
    """What there is once it holds, and does not change for two seconds."""
    end, before, since = time.monotonic() + _PATIENCE_S, None, 0.0
    while True:
        found = await _found(client, prefix)
        if found != before or not holds(found):
            before, since = found, time.monotonic()
        elif time.monotonic() - since > 2:
            return found
        assert time.monotonic() < end, found
        await asyncio.sleep(0.2)


def _keys(found: Found, node: str) -> set[str]:
    return {key for key, effect, _ in found[f"node {node}"][1] if effect == "NoExecute"}


async def _told(client: Client, prefix: str) -> list[Found]:
    """What becomes of all of them, and then of the one that speaks again."""
    await _prepared(client, prefix)
    leased = asyncio.create_task(_keep_leased(client, f"{prefix}-has-a-lease"))
    try:
        silent = await _once(
            client,
            prefix,
            lambda found: all(_keys(found, one) for one in ("goes-silent", "never-spoke", "unwell")),
        )
        await _speak(client, f"{prefix}-goes-silent", "True")
        speaking = await _once(client, prefix, lambda found: not _keys(found, "goes-silent"))
    finally:
        leased.cancel()
        await asyncio.wait({leased})
    return [silent, speaking]


async def _theirs(kubeconfig: Path) -> list[Found]:
    access = kubeconfigs.load(kubeconfig)
    async with Client(access.server, access.ssl_context) as client:
        return await _told(client, "theirs")


async def _ours(kubeconfig: Path) -> list[Found]:
    access = kubeconfigs.load(kubeconfig)
    async with Client(access.server, access.ssl_context) as client:
        for node in (await client.list(NODES))["items"]:
            await client.delete(NODES, node["metadata"]["name"])
        mirrors, events = Mirrors(client), EventRecorder(client, "node-controller")
        monitor = NodeMonitor(client, mirrors, events, Silence(_GRACE_S, _GRACE_S), 1.0)
        taints = NodeTaintController(client, mirrors)

        async def control() -> None:
            async with asyncio.TaskGroup() as group:
                mirrors.start(group)
                group.create_task(run_controller(monitor))
                group.create_task(run_controller(taints))

        running = asyncio.create_task(control())
        try:
            return await _told(client, "ours")
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running


def test_the_same_becomes_of_silent_nodes(cluster: OwnCluster, controller_manager_137: Path) -> None:
    cluster.up("--without=driver,scheduler,kubelet,controllers")
    access = [
        f"--{name}={cluster.state / 'kubeconfig'}"
        for name in ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")
    ]
    flags = [
        "--secure-port=0",
        "--controllers=node-lifecycle-controller",
        "--leader-elect=false",
        "--node-monitor-period=1s",
        f"--node-monitor-grace-period={_GRACE_S}s",
        f"--node-startup-grace-period={_GRACE_S}s",
    ]
    with beside(cluster, [str(controller_manager_137), *access, *flags]):
        theirs = asyncio.run(_theirs(cluster.state / "kubeconfig"))
    mine = asyncio.run(_ours(cluster.state / "kubeconfig"))
    different = [
        f"{name}\n    theirs {here.get(name)}\n    ours   {there.get(name)}"
        for here, there in zip(theirs, mine, strict=True)
        for name in sorted({*here, *there})
        if here.get(name) != there.get(name)
    ]
    assert not different, "\n".join(different)
