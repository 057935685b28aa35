"""Nodes that are heard no more: what kube-controller-manager makes of them and of their pods, and ours."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drakkar.api.time import micro_time_text, time_text
from drakkar.client import Client, EventRecorder
from drakkar.client.resources import EVENTS, LEASES, NODES, PODS
from drakkar.cluster.lab.own_cluster import OwnCluster
from drakkar.controllers.machinery.controller import Controller
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.controllers.nodes.health import Silence
from drakkar.controllers.nodes.monitor import NodeMonitor
from drakkar.controllers.nodes.taints import NodeTaintController

from .controllers_beside import both_told, differences, make_namespace, settled, timeless

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
Found = dict[str, Any]
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
    for node in (await client.list(NODES))["items"]:
        # What was told before.
        await client.delete(NODES, node["metadata"]["name"])
    await make_namespace(client, prefix)
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
        conditions = timeless((node.get("status") or {}).get("conditions") or [])
        found[f"node {name.removeprefix(f'{prefix}-')}"] = (conditions, sorted(taints))
    for pod in (await client.list(PODS, prefix))["items"]:
        found[f"pod {pod['metadata']['name']}"] = timeless(pod["status"]["conditions"])
    for where in ("default", prefix):
        for one in (await client.list(EVENTS, where))["items"]:
            about = one["involvedObject"]
            said = (one["type"], one["reason"], one["message"].replace(f"{prefix}-", ""))
            if about["kind"] == "Pod" or about["name"].startswith(prefix):
                name = f"event of {about['kind']} {about['name'].removeprefix(f'{prefix}-')}"
                found[name] = sorted({*found.get(name, ()), said})
    return found


async def _once(client: Client, prefix: str, holds: Callable[[Found], Any]) -> Found:
    return await settled(lambda: _found(client, prefix), holds, 2)


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


def _ours(client: Client, mirrors: Mirrors, events: EventRecorder) -> list[Controller]:
    monitor = NodeMonitor(client, mirrors, events, Silence(_GRACE_S, _GRACE_S), 1.0)
    return [monitor, NodeTaintController(client, mirrors)]


def test_the_same_becomes_of_silent_nodes(cluster: OwnCluster, controller_manager_137: Path) -> None:
    flags = [
        "--node-monitor-period=1s",
        f"--node-monitor-grace-period={_GRACE_S}s",
        f"--node-startup-grace-period={_GRACE_S}s",
    ]
    theirs, mine = both_told(
        cluster, controller_manager_137, "node-lifecycle-controller", _told, _ours, *flags
    )
    different = [line for here, there in zip(theirs, mine, strict=True) for line in differences(here, there)]
    assert not different, "\n".join(different)
