"""Taints by a node's conditions, as upstream's node lifecycle controller keeps them."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.api.core import Node
from drakkar.api.resource import decode
from drakkar.client.resources import NODES
from drakkar.controllers.nodes.taints import wanted_keys
from drakkar.testing import MemoryApi


def _node(*conditions: tuple[str, str], unschedulable: bool = False) -> dict[str, Any]:
    status = {"conditions": [{"type": kind, "status": status} for kind, status in conditions]}
    return {"metadata": {"name": "w2"}, "spec": {"unschedulable": unschedulable}, "status": status}


@pytest.mark.parametrize(
    ("node", "keys"),
    [
        (_node(("Ready", "True"), ("MemoryPressure", "False")), set()),
        (_node(), set()),
        (_node(("Ready", "False")), {"not-ready"}),
        (_node(("Ready", "Unknown"), ("MemoryPressure", "Unknown")), {"unreachable"}),
        (
            _node(("Ready", "True"), ("MemoryPressure", "True"), ("PIDPressure", "True")),
            {"memory-pressure", "pid-pressure"},
        ),
        (
            _node(("DiskPressure", "True"), ("NetworkUnavailable", "True")),
            {"disk-pressure", "network-unavailable"},
        ),
        (_node(("Ready", "True"), unschedulable=True), {"unschedulable"}),
    ],
)
def test_what_a_state_asks_for(node: dict[str, Any], keys: set[str]) -> None:
    assert wanted_keys(decode(Node, node)) == {f"node.kubernetes.io/{key}" for key in keys}


async def test_taints_come_and_go_and_those_of_others_stay(cluster: MemoryApi) -> None:
    def taints() -> set[tuple[str, str]]:
        node = cluster.find("nodes", "w2") or {"spec": {}}
        return {(item["key"], item["effect"]) for item in node["spec"].get("taints") or ()}

    other = {"key": "team", "value": "a", "effect": "NoSchedule"}
    evicts = {"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"}
    made = _node(("Ready", "False"))
    made["spec"]["taints"] = [other, evicts]
    await cluster.create(NODES, {"apiVersion": "v1", "kind": "Node", **made})
    kept = {("team", "NoSchedule"), ("node.kubernetes.io/not-ready", "NoExecute")}
    await cluster.until(lambda: taints() == kept | {("node.kubernetes.io/not-ready", "NoSchedule")})
    ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    await cluster.patch(NODES, "w2", ready, subresource="status")
    await cluster.until(lambda: taints() == kept)
    await cluster.patch(NODES, "w2", {"spec": {"unschedulable": True}})
    await cluster.until(lambda: taints() == kept | {("node.kubernetes.io/unschedulable", "NoSchedule")})
