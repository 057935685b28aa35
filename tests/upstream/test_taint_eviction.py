"""NoExecute taints: which pods kube-controller-manager drives out, in what words, and ours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drakkar.client import Client
from drakkar.client.resources import EVENTS, NODES, PODS
from drakkar.cluster.lab.own_cluster import OwnCluster
from drakkar.controllers.nodes.eviction import TaintEvictionController

from .controllers_beside import both_told, differences, make_namespace, settled, timeless

pytestmark = pytest.mark.upstream
Object = dict[str, Any]
Found = dict[str, tuple[bool, list[Object], list[tuple[str, str, str]]]]
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
    await make_namespace(client, namespace)
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
        conditions = timeless(pod["status"].get("conditions") or ())
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


async def _until(client: Client, namespace: str, holds: Callable[[Found], Any]) -> Found:
    def is_told(found: Found) -> bool:
        return bool(holds(found)) and all(events for gone, _, events in found.values() if gone)

    return await settled(lambda: _found(client, namespace), is_told, 0)


def test_the_same_pods_are_driven_out(cluster: OwnCluster, controller_manager_137: Path) -> None:
    theirs, mine = both_told(
        cluster,
        controller_manager_137,
        # Alone it finds no pods of a node: another one brings the index.
        "taint-eviction-controller,daemonset-controller",
        _told,
        lambda *parts: [TaintEvictionController(*parts)],
    )
    assert theirs.keys() == PODS_OF.keys()
    different = differences(theirs, mine)
    assert not different, "\n".join(different)
