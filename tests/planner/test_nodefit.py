"""What keeps a pod off a node, devices aside."""

from __future__ import annotations

from typing import Any

import pytest

from drakkar.planner.nodefit import placement_reasons

CORDON = {
    "key": "node.kubernetes.io/unschedulable",
    "effect": "NoSchedule",
    "timeAdded": "2026-01-01T00:00:00Z",
}


@pytest.mark.parametrize(
    "spec",
    [{"unschedulable": True}, {"taints": [CORDON]}, {"unschedulable": True, "taints": [CORDON]}],
    ids=["said", "tainted", "both"],
)
def test_that_a_node_is_cordoned_is_told_once(spec: dict[str, Any]) -> None:
    node = {"metadata": {"name": "n"}, "spec": spec}
    assert placement_reasons({"spec": {}}, node) == ["the node is cordoned (unschedulable)"]
    tolerated = {"spec": {"tolerations": [{"key": CORDON["key"], "operator": "Exists"}]}}
    assert placement_reasons(tolerated, node) == []
