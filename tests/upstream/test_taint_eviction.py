"""NoExecute taints: which pods kube-controller-manager drives out, in what words, and ours."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from drakkar.client import Client, EventRecorder
from drakkar.client import kubeconfig as kubeconfigs
from drakkar.client.resources import EVENTS, NAMESPACES, NODES, PODS, SERVICEACCOUNTS
from drakkar.cluster.lab.own_cluster import OwnCluster
from drakkar.controllers.machinery.controller import run_controller
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.controllers.nodes.eviction import TaintEvictionController

from .beside import beside

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
Found = dict[str, tuple[bool, list[Object], list[tuple[str, str, str]]]]
_PATIENCE_S = 60.0
_A: Object = {"key": "a", "value": "1", "effect": "NoExecute"}
_B: Object = {"key": "b", "effect": "NoExecute"}
_QUIET: Object = {"key": "c", "effect": "NoSchedule"}
_EXISTS: Object = {"key": "a", "operator": "Exists"}
# By the pod's name, what it tolerates.
PODS_OF: dict[str, list[Object]] = {
    "nothing": [],
    "all": [{"operator": "Exists"}],
    "the-key": [_EXISTS],
    "both": [_EXISTS, {"key": "b", "operator": "Exists"}],
    "the-value": [{"key": "a", "value": "1"}, {"key": "b", "operator": "Exists"}],
    "another-value": [{"key": "a", "value": "2"}, {"key": "b", "operator": "Exists"}],
    "another-effect": [{"operator": "Exists", "effect": "NoSchedule"}],
    "at-once": [{"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 0}],
    "below-nothing": [{"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": -5}],
    "a-second": [{"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 1}],
    "an-hour": [{"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 3600}],
    "the-first-counts": [
        {"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 3600},
        {"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 1},
    ],
    "the-shorter-counts": [
        {**_EXISTS, "effect": "NoExecute", "tolerationSeconds": 3600},
        {"key": "b", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 1},
    ],
    "for-ever-counts-not": [
        {**_EXISTS, "effect": "NoExecute"},
        {"key": "b", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 1},
    ],
}


def _pod(name: str, node: str) -> Object:
    containers = [{"name": "c", "image": "i"}]
    spec = {"nodeName": node, "containers": containers, "tolerations": PODS_OF[name]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


async def _prepared(client: Client, namespace: str) -> None:
    await client.create(
        NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    )
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    await client.create(SERVICEACCOUNTS, account, namespace)
    node = f"node-{namespace}"
    await client.create(NODES, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": node}})
    for name in PODS_OF:
        await client.create(PODS, _pod(name, node), namespace)


async def _taint(client: Client, namespace: str, *taints: Object) -> None:
    await client.patch(NODES, f"node-{namespace}", {"spec": {"taints": list(taints)}}, kind="merge")


async def _found(client: Client, namespace: str) -> Found:
    events: dict[str, set[tuple[str, str, str]]] = {}
    for one in (await client.list(EVENTS, namespace))["items"]:
        said = (one["type"], one["reason"], one["message"].replace(f"{namespace}/", ""))
        events.setdefault(one["involvedObject"]["name"], set()).add(said)
    found: Found = {}
    for pod in (await client.list(PODS, namespace))["items"]:
        meta = pod["metadata"]
        conditions = [
            {name: value for name, value in one.items() if name != "lastTransitionTime"}
            for one in pod["status"].get("conditions") or ()
        ]
        found[meta["name"]] = ("deletionTimestamp" in meta, conditions, sorted(events.get(meta["name"], ())))
    return found


async def _told(client: Client, namespace: str) -> Found:
    """What becomes of the pods: of those that may stay a second, and when the taints have gone again."""
    await _prepared(client, namespace)
    await asyncio.sleep(1)
    await _taint(client, namespace, _A, _B, _QUIET)
    await _until(client, namespace, lambda found: found["a-second"][0] and found["the-shorter-counts"][0])
    await _taint(client, namespace, _QUIET)
    return await _until(client, namespace, lambda found: found["an-hour"][2] and found["the-first-counts"][2])


async def _until(client: Client, namespace: str, holds: Any) -> Found:
    end = time.monotonic() + _PATIENCE_S
    while True:
        found = await _found(client, namespace)
        if holds(found) and all(events for gone, _, events in found.values() if gone):
            return found
        assert time.monotonic() < end, found
        await asyncio.sleep(0.2)


async def _theirs(kubeconfig: Path) -> Found:
    access = kubeconfigs.load(kubeconfig)
    async with Client(access.server, access.ssl_context) as client:
        return await _told(client, "theirs")


async def _ours(kubeconfig: Path) -> Found:
    access = kubeconfigs.load(kubeconfig)
    async with Client(access.server, access.ssl_context) as client:
        mirrors, events = Mirrors(client), EventRecorder(client, "taint-eviction-controller")
        controller = TaintEvictionController(client, mirrors, events)

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
    # Alone it finds no pods of a node: another one brings the index.
    both = "taint-eviction-controller,daemonset-controller"
    flags = ["--secure-port=0", f"--controllers={both}", "--leader-elect=false"]
    with beside(cluster, [str(controller_manager_137), *access, *flags]):
        theirs = asyncio.run(_theirs(cluster.state / "kubeconfig"))
    mine = asyncio.run(_ours(cluster.state / "kubeconfig"))
    different = [
        f"{name}\n    theirs {theirs.get(name)}\n    ours   {mine.get(name)}"
        for name in PODS_OF
        if theirs.get(name) != mine.get(name)
    ]
    assert not different, "\n".join(different)
